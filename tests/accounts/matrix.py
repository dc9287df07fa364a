"""Who may enter each route, written down a second time, by hand: whoever adds a route says here whom it is for.

`ALL` everybody, visitors too; `IN` everybody signed in; else the letters of roles:
b bidder, t tenderer, a tender_agent; c centre_reviewer, r institution_reviewer, m institution_admin, o operator,
p publisher, u auditor.
"""

LETTERS = {
    "b": "bidder",
    "t": "tenderer",
    "a": "tender_agent",
    "c": "centre_reviewer",
    "r": "institution_reviewer",
    "m": "institution_admin",
    "o": "operator",
    "p": "publisher",
    "u": "auditor",
}
IN = "btacrmopu"
ALL = "v" + IN

MATRIX: dict[str, str] = {
    "static": ALL,
    "health.livez": ALL,
    "health.readyz": ALL,
    "health.metrics": ALL,
    "gateway.b1": ALL,
    "gateway.b2": ALL,
    "gateway.b11": ALL,
    "gateway.c1": ALL,
    "gateway.c2": ALL,
    "gateway.c3": ALL,
    "accounts.login": ALL,
    "accounts.callback": ALL,
    "accounts.register": ALL,
    "accounts.logout": ALL,
    "accounts.signed_out": ALL,
    "accounts.role": IN,
    "accounts.switch_role": IN,
    "accounts.profile": IN,
    "accounts.reveal_handler": "bta",
    "portal.home": ALL,
    "portal.help": ALL,
    "portal.products": ALL,
    "portal.institution": ALL,
    "portal.work": IN,
    "studio.index": "opu",
    "studio.policy": "opu",
    "studio.document": "opu",
    "studio.examine": "o",
    "studio.preview": "opu",
    "studio.save": "o",
    "studio.ask": "o",
    "studio.submit": "o",
    "studio.withdraw": "o",
    "studio.rebase": "o",
    "studio.question": "o",
    "studio.discard": "o",
    "studio.review": "opu",
    "studio.approve": "p",
    "studio.give_back": "p",
    "studio.versions": "opu",
    "studio.version": "opu",
    "studio.restore_question": "o",
    "studio.restore": "o",
    "studio.drawing": "opu",
    "studio.marks": "opu",
}
