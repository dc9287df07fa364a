"""Whether anything was lost, doubled or is stuck: every order of one side held against the other's books."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from app import clock
from app.audit import chain
from app.audit.verifying import DATED_BACK, verify
from app.ledger import Account
from app.orders.models import END, OrderState
from app.runtime.models import ENDED
from app.sealing import unseal_json
from tests.chaos import applied
from tests.chaos.books import Books, Ours, Theirs
from tests.chaos.holders import Asked
from tests.chaos.stage import Stage

S = OrderState
LOST, DOUBLED, STUCK = "lost", "doubled", "stuck"
WATCHED = timedelta(days=31)  # an order that has ended is looked after for thirty days
UNCHAINED = timedelta(minutes=1)
Finding = tuple[str, str, str]  # (which of the three, order, what)

TOLD = {
    S.AWAITING_PAYMENT: "order_awaiting_payment",
    S.REJECTED: "order_rejected",
    S.CANCELLED: "order_cancelled",
    S.CLOSED: "order_closed",
    S.ISSUED: "order_issued",
    S.REPAYING: "order_repaying",
    S.REPAID: "order_repaid",
}
"""The notice a bidder gets whenever the order comes into the state."""

_JOBS = """
SELECT j.id, j.name, j.state, j.error, coalesce(i.key, j.key) FROM job j LEFT JOIN instance i ON i.id = j.instance_id
WHERE j.state = 'failed' OR (j.state IN ('due', 'running', 'answered') AND j.name <> 'acceptance/patrol'
  AND j.run_at <= clock_timestamp() + make_interval(secs => %s))
"""
_MESSAGES = "SELECT key, name, id FROM inbox WHERE delivered_at IS NULL AND NOT optional"
_TASKS = "SELECT key, name FROM user_task"
_INCIDENTS = """
SELECT key, kind, element, message FROM incident
WHERE status = 'open' AND kind IN ('call', 'step', 'errand', 'message')
"""
_WAITS_FOR_NOTHING = """
SELECT key FROM instance i WHERE status = 'active' AND listens = '[]'
AND NOT EXISTS (SELECT 1 FROM user_task t WHERE t.instance_id = i.id)
AND NOT EXISTS (SELECT 1 FROM job j WHERE j.instance_id = i.id AND j.state IN ('due', 'running', 'answered', 'failed'))
"""


@dataclass
class Verdict:
    findings: list[Finding] = field(default_factory=list)

    def count(self, which: str) -> int:
        return sum(one[0] == which for one in self.findings)


def judge(
    stage: Stage, books: Books, placed: set[str], asked: dict[str, Asked], invoiced: dict[str, str], *, offset: float
) -> Verdict:
    """`placed`: the numbers bidders were given; `asked`: those of applications; `invoiced`: invoice → order."""
    verdict = Verdict()
    verdict.findings += _numbers(books, placed)
    for no, ours in books.ours.items():
        theirs = books.theirs.get(no, Theirs())
        for which, what in (*_state(ours), *_money(ours, theirs), *_guarantee(ours, theirs), *_told(ours)):
            verdict.findings.append((which, no, what))
        if books.asked[no] > 1:
            verdict.findings.append((DOUBLED, no, f"placed {books.asked[no]} times at the institution"))
        for chore in theirs.chores:
            decision = chore["call"] in ("B5", "B6", "B7", "B8", "B9")  # the desk may have been there first
            if chore["state"] == "refused" and "bad" not in chore["outcome"] and not decision:
                verdict.findings.append((LOST, no, f"refused news: {chore['kind']} {chore['outcome']}"))
    verdict.findings += [(LOST, no, "the guarantee's document is not whole") for no in books.broken_files]
    verdict.findings += _texts(books)
    verdict.findings += applied.judge(stage, asked, invoiced)
    verdict.findings += _rows(stage, offset)
    verdict.findings += _trail(stage)
    return verdict


def _trail(stage: Stage) -> Iterator[Finding]:
    """Every line of the audit trail is in its place in the chain, and none waits for it."""
    with stage.app.app_context():
        found, since = verify(), chain.unchained_since()
    yield from ((LOST, "trail", str(one)) for one in found.findings if one.what != DATED_BACK)  # clocks are moved
    if since is not None and since < clock.now() - UNCHAINED:
        yield STUCK, "trail", f"{found.unchained} lines are not chained"


def _numbers(books: Books, placed: set[str]) -> Iterator[Finding]:
    yield from ((LOST, no, "the bidder's order is unknown") for no in placed - books.ours.keys())
    yield from ((DOUBLED, no, "an order nobody placed") for no in books.ours.keys() - placed)
    yield from ((LOST, no, "an order only the institution knows") for no in books.theirs.keys() - books.ours.keys())
    live = Counter(
        (one.content.bidder_id, one.content.lot_no) for one in books.ours.values() if one.order.live_key is not None
    )
    yield from ((DOUBLED, lot, f"{count} live orders of one bidder") for (_, lot), count in live.items() if count > 1)


def _state(ours: Ours) -> Iterator[tuple[str, str]]:
    if ours.order.state not in END:
        yield STUCK, f"in state {ours.order.state}"
    if ours.instance is None:
        yield LOST, "no case"
    elif ours.instance.status != ENDED and ours.order.state_since < clock.now() - WATCHED:
        yield STUCK, f"its case is {ours.instance.status}"
    if Counter(ours.steps).most_common(1)[0][1] > 1 or sorted(ours.steps) != list(range(len(ours.steps))):
        yield DOUBLED, f"steps {ours.steps}"


def _money(ours: Ours, theirs: Theirs) -> Iterator[tuple[str, str]]:
    """What the institution keeps is the premium of a guarantee or nothing; our books say the same, once."""
    due = ours.content.premium if ours.guarantees else 0
    stays = 0 if theirs.refunded else due
    if theirs.kept != due:
        yield (LOST if theirs.kept > due else DOUBLED), f"the institution keeps {theirs.kept} fen, {due} are due to it"
    here = Counter((one.txn_no, one.amount) for one in ours.payments)
    there = Counter((one["pay_txn_no"], one["amount"]) for one in theirs.payments)
    yield from _difference(here, there, "payment")
    back_here = Counter(one.repaid_txn_no for one in ours.payments if one.repaid_txn_no)
    back_there = Counter(one["repay_txn_no"] for one in theirs.repayments)
    yield from _difference(back_here, back_there, "repayment")
    booked = Counter(key.split(":")[0] for key in {entry.key for entry in ours.entries})
    if booked["paid"] != len(theirs.payments) or booked["given-back"] != len(theirs.repayments):
        which = (
            LOST if booked["paid"] + booked["given-back"] < len(theirs.payments) + len(theirs.repayments) else DOUBLED
        )
        yield which, f"booked {dict(booked)} of {len(theirs.payments)} payments, {len(theirs.repayments)} repayments"
    standing = {account.value: ours.balance(account) for account in Account if ours.balance(account)}
    right = {"bidder": -stays, "earned": stays, "issuer": -theirs.paid_out, "claimed": theirs.paid_out}
    right = {account: amount for account, amount in right.items() if amount}
    if standing != right:
        yield LOST, f"the ledger says {standing}, not {right}"


def _guarantee(ours: Ours, theirs: Theirs) -> Iterator[tuple[str, str]]:
    here = Counter(one.no for one in ours.guarantees)
    there = Counter(one["guarantee_no"] for one in theirs.guarantees)
    yield from _difference(here, there, "guarantee")
    if bool(here) != (ours.order.state == S.ISSUED):
        yield LOST, f"{len(here)} guarantees of an order in state {ours.order.state}"
    if sum(here.values()) > 1 or sum(there.values()) > 1:
        yield DOUBLED, "two guarantees"


def _difference(here: Counter[str] | Counter[tuple[str, int]], there: Counter, what: str) -> Iterator[tuple[str, str]]:  # type: ignore[type-arg]
    for one in there - here:
        yield LOST, f"{what} {one} only the institution knows"
    for one in here - there:
        yield (DOUBLED if there[one] else LOST), f"{what} {one} the institution does not know (so often)"


def _told(ours: Ours) -> Iterator[tuple[str, str]]:
    """One notice for each move, and for each repayment that was not the order's own."""
    wanted: Counter[str] = Counter()
    for before, after in ours.moves:
        if after == S.ISSUING:
            wanted["order_reinstated" if before in (S.CANCELLED, S.CLOSED, S.REJECTED) else "order_issuing"] += 1
        elif after in TOLD:
            wanted[TOLD[S(after)]] += 1  # type: ignore[call-arg]
    again = sum(bool(one.repaid_txn_no) for one in ours.payments) - wanted["order_repaid"]
    wanted += Counter(order_duplicate_repaid=again)
    told = Counter(code for code, _ in ours.notices if code != "order_premium_changed")
    yield from ((LOST, f"never told {code}") for code in wanted - told)
    yield from ((DOUBLED, f"told again {code}") for code in told - wanted)


def _texts(books: Books) -> Iterator[Finding]:
    """Each SMS of a notice arrived once."""
    silent = ("order_closed", "order_issuing")
    for no, ours in books.ours.items():
        wanted = Counter(text for code, text in ours.notices if code not in silent)
        phone = ours.content.handler.phone
        arrived = Counter({text: n for (to, text), n in books.texts.items() if to == phone and no in text})
        arrived -= Counter(dict.fromkeys((text for text in arrived if text in books.other_texts), 99))
        yield from ((LOST, no, f"SMS that never came: {text}") for text in wanted - arrived)
        yield from ((DOUBLED, no, f"SMS that came again: {text}") for text in arrived - wanted)
        if len(ours.sent) != sum(wanted.values()):
            yield LOST, no, f"{len(ours.sent)} SMS noted as sent, {sum(wanted.values())} meant"


def _rows(stage: Stage, offset: float) -> Iterator[Finding]:
    for identity, name, state, error, key in stage.rows(_JOBS, offset):
        yield STUCK, key, f"job {identity} {name} is {state}: {_said(stage, error, 'job.error')[:120]}"
    yield from (
        (STUCK, key, f"message {name} ({identity}) nobody took") for key, name, identity in stage.rows(_MESSAGES)
    )
    yield from ((STUCK, key, f"open task {name}") for key, name in stage.rows(_TASKS))
    for key, kind, element, message in stage.rows(_INCIDENTS):
        said = _said(stage, message, "incident.message")
        yield STUCK, key, f"open incident {kind} at {element}: {said[:160]}"
    yield from ((STUCK, key, "the case waits for nothing") for (key,) in stage.rows(_WAITS_FOR_NOTHING))


def _said(stage: Stage, sealed: bytes | None, scope: str) -> str:
    with stage.app.app_context():
        return str(unseal_json(sealed, scope) or "")
