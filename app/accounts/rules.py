"""Who may enter each route: endpoint → rule (see access.py). What is not here is closed.

Words: the role codes, `anyone`, `signed_in`, `entity`, `staff`, and predicates registered by features. A new row
here wants its twin in tests/accounts/matrix.py.
"""

DESK = "(centre_reviewer | institution_reviewer | institution_admin | operator | publisher)"

RULES: dict[str, str] = {
    "static": "anyone",
    # machines; health itself guards the figures
    "health.livez": "anyone",
    "health.readyz": "anyone",
    "health.metrics": "anyone",
    # gateway: a signature opens these
    "gateway.b1": "anyone",
    "gateway.b2": "anyone",
    "gateway.b3": "anyone",
    "gateway.b4": "anyone",
    "gateway.b11": "anyone",
    "gateway.c1": "anyone",
    "gateway.c2": "anyone",
    "gateway.c3": "anyone",
    "gateway.c4": "anyone",
    # lots and institutions
    "projects.index": "anyone",
    "projects.detail": "anyone",
    "institutions.terms": "anyone",
    # accounts
    "accounts.login": "anyone",
    "accounts.callback": "anyone",
    "accounts.register": "anyone",
    "accounts.logout": "anyone",
    "accounts.signed_out": "anyone",
    "accounts.role": "signed_in",
    "accounts.switch_role": "signed_in",
    "accounts.profile": "signed_in",
    "accounts.reveal_handler": "entity",
    # portal
    "portal.home": "anyone",
    "portal.help": "anyone",
    "portal.products": "anyone",
    "portal.institution": "anyone",
    "portal.work": "signed_in",
    # studio: operators draft, another person publishes, auditors read
    "studio.index": "operator | publisher | auditor",
    "studio.policy": "operator | publisher | auditor",
    "studio.document": "operator | publisher | auditor",
    "studio.examine": "operator",
    "studio.preview": "operator | publisher | auditor",
    "studio.save": "operator",
    "studio.ask": "operator",
    "studio.submit": "operator",
    "studio.withdraw": "operator",
    "studio.rebase": "operator",
    "studio.question": "operator",
    "studio.discard": "operator",
    "studio.review": "operator | publisher | auditor",
    "studio.approve": "publisher",
    "studio.give_back": "publisher",
    "studio.versions": "operator | publisher | auditor",
    "studio.version": "operator | publisher | auditor",
    "studio.restore_question": "operator",
    "studio.restore": "operator",
    "studio.drawing": "operator | publisher | auditor",
    "studio.marks": "operator | publisher | auditor",
    # desk
    "desk.index": DESK,
    "desk.following": DESK,
    "desk.task": f"{DESK} & desk_task",
    "desk.complete": f"{DESK} & desk_task",
    "desk.claim": f"{DESK} & desk_task",
    "desk.release": f"{DESK} & desk_task",
    "desk.reveal": f"{DESK} & desk_task",
    "desk.document": f"{DESK} & desk_task",
    "desk.case_state": f"{DESK} & desk_task",
    "desk.drawing": "staff",
    "incidents.index": "operator | auditor",
    "incidents.detail": "operator | auditor",
    "incidents.case_state": "operator | auditor",
    "incidents.retry": "operator",
    "incidents.amend": "operator",
    "incidents.skip": "operator",
    "incidents.resolve": "operator",
}
