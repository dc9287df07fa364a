"""出函中: polled, chased, refused, found bad; the guarantee wins over everything else."""

from datetime import timedelta

import pytest

from app.protocol.calls import A4, A15
from tests.orders.scene import PREMIUM, Scene

both = pytest.mark.both_databases


@pytest.fixture
def no(scene: Scene) -> str:
    """A paid order."""
    no = scene.apply()
    scene.passes(no)
    scene.paid(no, txn="P1")
    assert scene.state(no) == "出函中"
    return no


def minutes_asked(scene: Scene, no: str, minutes: int) -> list[int]:
    """At which minutes after the payment the institution was asked."""
    found = []
    for minute in range(1, minutes + 1):
        before = len(scene.asked(no, A4))
        scene.wait(minutes=1)
        found += [minute] * (len(scene.asked(no, A4)) - before)
    return found


def test_a_guarantee_that_does_not_come_is_asked_for_at_1_3_10_and_30_minutes_and_then_hourly(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    assert minutes_asked(scene, no, 95) == [1, 3, 10, 30, 90]
    assert scene.state(no) == "出函中"
    scene.issues(no)


@both
def test_a_guarantee_whose_news_was_lost_is_found_by_asking(scene: Scene, no: str) -> None:
    scene.issues(no, tell=False)
    scene.wait(minutes=1)
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no) == []
    assert scene.quiet(no)


def test_a_refusal_whose_news_was_lost_is_found_by_asking(scene: Scene, no: str) -> None:
    scene.refuses_issue(no, tell=False)
    scene.wait(minutes=1)
    assert scene.state(no) == "退款中"
    scene.repays(no, "P1")
    assert scene.state(no) == "已退款"
    assert scene.incidents(no) == []
    assert scene.quiet(no)


@both
def test_a_refusal_to_issue_is_repaid_and_another_institution_may_be_tried_at_once(scene: Scene, no: str) -> None:
    scene.refuses_issue(no)
    assert scene.state(no) == "退款中"
    (asked,) = scene.asked(no, A15)
    assert (asked["pay_txn_no"], asked["amount"], asked["reason"]) == ("P1", PREMIUM, "NOT_ISSUED")
    assert scene.ledger(no) == {"bidder": -PREMIUM, "repaying": PREMIUM}
    assert scene.texts(no)[-1] == (
        f"您的保函订单{no}所付款项正在由机构退回，原因：机构未能出函。您可另选其他机构重新申请。"
    )
    assert "另选机构重新申请" in scene.page(no)
    other = scene.apply(product="INS01-TB")
    assert scene.state(other) == "核保中"
    scene.repays(no, "P1")
    assert scene.state(no) == "已退款"
    assert scene.texts(no)[-1] == f"您的保函订单{no}所付款项已由机构退回原账户，请查收。"
    assert scene.audit(no)[-4:] == ["出函中 → 退款中", "要求机构退款", "机构已退款", "退款中 → 已退款"]
    assert scene.ledger(no) == {}
    assert scene.quiet(no)
    scene.rejects(other)


def test_a_refusal_told_again_while_repaying_changes_nothing(scene: Scene, no: str) -> None:
    scene.refuses_issue(no)
    scene.counter.order(no).issuance["reason"] = "承保条件发生变化，不能出函"
    scene.wait(hours=1)
    assert scene.state(no) == "退款中"
    scene.repays(no, "P1")
    assert scene.state(no) == "已退款"
    assert scene.incidents(no) == []


@pytest.fixture
def overdue(scene: Scene, no: str) -> str:
    """The bank's 24 hours are over: an operator is to chase the guarantee."""
    scene.wait(hours=25)
    assert scene.tasks(no) == ["催办出函"]
    assert scene.state(no) == "出函中"
    return no


def test_the_deadline_is_the_tables(scene: Scene) -> None:
    no = scene.apply(product="INS01-TB")
    scene.passes(no)
    scene.paid(no)
    scene.wait(hours=7, minutes=55)
    assert scene.tasks(no) == []
    scene.wait(hours=1)
    assert scene.tasks(no) == ["催办出函"]
    scene.issues(no)


def test_an_operator_who_was_promised_the_guarantee_waits_another_hour(scene: Scene, overdue: str) -> None:
    scene.decide(overdue, outcome="wait")
    assert scene.tasks(overdue) == []
    assert scene.timers(overdue)["poll"] == timedelta(hours=1)
    scene.wait(hours=1)
    assert scene.tasks(overdue) == ["催办出函"]
    scene.decide(overdue, outcome="wait")
    scene.issues(overdue)
    assert scene.state(overdue) == "成功出函"
    assert scene.quiet(overdue)


@both
def test_an_operator_has_what_is_not_issued_repaid(scene: Scene, overdue: str) -> None:
    scene.decide(overdue, outcome="repay")
    assert scene.state(overdue) == "退款中"
    scene.repays(overdue, "P1")
    assert scene.state(overdue) == "已退款"
    assert scene.ledger(overdue) == {}
    assert "办理：催办出函" in scene.audit(overdue)
    assert scene.quiet(overdue)


def test_what_nobody_chases_is_repaid_after_eight_hours(scene: Scene, overdue: str) -> None:
    scene.wait(hours=8)
    assert scene.state(overdue) == "退款中"
    scene.repays(overdue, "P1")
    assert scene.state(overdue) == "已退款"


def test_a_guarantee_that_comes_while_it_is_chased_is_taken(scene: Scene, overdue: str) -> None:
    scene.issues(overdue)
    assert scene.state(overdue) == "成功出函"
    assert scene.tasks(overdue) == []
    assert scene.quiet(overdue)


@pytest.mark.parametrize("event", ["TERMINATED", "FAILED"])
def test_the_lots_end_repays_a_paid_order(scene: Scene, no: str, event: str) -> None:
    scene.lot_event(event)
    assert scene.state(no) == "退款中"
    assert [body["reason"] for body in scene.asked(no, A15)] == ["TERMINATED"]
    assert scene.texts(no)[-1].endswith("原因：招标项目已终止或流标。您可另选其他机构重新申请。")
    scene.repays(no, "P1")
    assert scene.state(no) == "已退款"
    assert scene.quiet(no)


def test_the_lots_end_repays_an_order_that_is_chased(scene: Scene, overdue: str) -> None:
    scene.lot_event("TERMINATED")
    assert scene.state(overdue) == "退款中"
    assert scene.tasks(overdue) == []
    scene.repays(overdue, "P1")
    assert scene.state(overdue) == "已退款"


def test_the_lots_end_changes_nothing_for_an_issued_order(scene: Scene, no: str) -> None:
    scene.issues(no)
    scene.lot_event("TERMINATED")
    assert scene.state(no) == "成功出函"
    assert scene.quiet(no)


@pytest.mark.parametrize("event", ["SUSPENDED", "deadline"])
def test_a_paid_order_is_issued_whatever_else_happens_to_the_lot(scene: Scene, event: str) -> None:
    scene.wait(days=9, hours=23)
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    if event == "SUSPENDED":
        scene.lot_event(event)
    else:
        scene.wait(hours=2)
    assert scene.state(no) == "出函中"
    scene.issues(no)
    assert scene.state(no) == "成功出函"


@pytest.mark.parametrize(
    ("paper", "words"),
    [
        ("tampered", "电子签名无效，文件可能被改动"),
        ("appended", "电子签名未覆盖整个文件"),
        ("unsigned", "PDF没有电子签名"),
        ("foreign", "签名证书不是该机构登记的证书"),
    ],
)
def test_a_bad_document_is_refused_with_an_incident_and_a_good_one_is_then_accepted(
    scene: Scene, no: str, paper: str, words: str
) -> None:
    scene.issues(no, paper=paper)
    assert scene.state(no) == "出函中"
    assert scene.incidents(no) == [f"保函文件不合格：{words}"]
    assert scene.guarantee(no) is None
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.guarantee(no) is not None


def test_a_document_that_is_not_the_one_told_of_is_refused_at_the_door(scene: Scene, no: str) -> None:
    from app.protocol.calls import B3

    answer = scene.parties["BANK01"].say(B3, scene.issuance(no, paper="hash"))
    assert (answer.status, answer.code, list(answer.fields)) == (400, 2002, ["file.sm3"])
    scene.issues(no)
    assert scene.state(no) == "成功出函"


def test_a_bad_document_found_by_asking_does_not_hide_what_else_is_found(scene: Scene, no: str) -> None:
    scene.issues(no, paper="hash", tell=False)
    scene.wait(hours=3)
    assert scene.state(no) == "出函中"
    assert len(scene.incidents(no)) == 1
    assert "与文件内容不符" in scene.incidents(no)[0]
    scene.issues(no, tell=False)
    scene.wait(hours=1)
    assert scene.state(no) == "成功出函"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": 59_999_900}, "担保金额与订单不一致"),
        ({"days": -1}, "保函有效期不足"),
    ],
)
def test_a_guarantee_of_other_terms_is_refused_with_an_incident(
    scene: Scene, no: str, changes: dict, words: str
) -> None:
    if "days" in changes:
        changes = {"valid_to": scene.issuance(no)["valid_to"] + timedelta(days=changes["days"])}
    scene.issues(no, guarantee_no=f"BAD-{no}", **changes)
    assert scene.state(no) == "出函中"
    assert scene.incidents(no) == [f"保函与订单不符：{words}"]
    scene.refuses_issue(no)
    scene.repays(no, "P1")
    assert scene.state(no) == "已退款"


def test_a_guarantee_number_stands_for_one_order(scene: Scene, no: str) -> None:
    scene.issues(no)
    scene.lot("LOT-2")
    other = scene.apply("LOT-2")
    scene.passes(other)
    scene.paid(other)
    scene.issues(other, guarantee_no=f"BH-{no}", known=False)
    assert scene.state(other) == "出函中"
    assert scene.incidents(other) == ["保函与订单不符：保函编号已用于其他订单"]
    scene.issues(other)
    assert scene.state(other) == "成功出函"


# the guarantee wins


@both
@pytest.mark.parametrize("end", ["已取消", "订单关闭", "核保不通过"])
def test_a_guarantee_for_an_order_that_ended_wins(scene: Scene, end: str) -> None:
    no = scene.apply()
    if end == "核保不通过":
        scene.rejects(no)
    else:
        scene.passes(no)
    if end == "订单关闭":
        scene.abandon(no)
    elif end == "已取消":
        scene.wait(minutes=30)
    assert scene.state(no) == end
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no) == ["订单已结束或正在退款，机构仍然出函，以保函为准"]
    assert scene.texts(no)[-1] == f"您的保函订单{no}已成功出函，请登录保函接收系统查看和下载电子保函。"
    assert scene.ledger(no) == {}
    scene.paid(no)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.asked(no, A15) == []
    extra = scene.paid(no)
    assert scene.ledger(no) == {"bidder": -2 * PREMIUM, "earned": PREMIUM, "repaying": PREMIUM}
    scene.repays(no, extra)
    assert scene.quiet(no)


@both
def test_a_guarantee_that_comes_while_its_money_is_repaid_wins(scene: Scene, no: str) -> None:
    scene.refuses_issue(no)
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no) == ["订单已结束或正在退款，机构仍然出函，以保函为准"]
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.quiet(no)
    scene.repays(no, "P1", result="FAILED")
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert len(scene.incidents(no)) == 1
    assert scene.quiet(no)


def test_a_premium_given_back_although_the_guarantee_stands_is_an_incident(scene: Scene, no: str) -> None:
    scene.refuses_issue(no)
    scene.issues(no)
    scene.repays(no, "P1")
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no)[1:] == ["保函有效，机构却退回了保费，请与机构核实"]
    assert scene.ledger(no) == {}


def test_a_bad_guarantee_while_repaying_does_not_stop_the_repayment(scene: Scene, no: str) -> None:
    scene.refuses_issue(no)
    scene.issues(no, paper="tampered", known=False)
    assert scene.state(no) == "退款中"
    assert scene.incidents(no) == ["保函文件不合格：电子签名无效，文件可能被改动"]
    scene.repays(no, "P1")
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}
    assert scene.quiet(no)


@both
def test_a_guarantee_wins_although_the_bidder_has_bought_another_meanwhile(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.wait(minutes=30)
    other = scene.apply(product="INS01-TB")
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    scene.passes(other)
    scene.paid(other)
    scene.issues(other)
    assert [scene.state(one) for one in (no, other)] == ["成功出函"] * 2
    assert "您在该标段已有一笔有效的保函订单" in scene.applied().text


def test_another_guarantee_for_an_issued_or_repaid_order_is_an_incident(scene: Scene, no: str) -> None:
    scene.issues(no)
    scene.issues(no, guarantee_no=f"B2-{no}")
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no) == ["订单已出函或已退款，又收到一份保函，请与机构核实"]
    assert scene.guarantee(no).no == f"BH-{no}"
    assert scene.quiet(no)


def test_a_refusal_after_the_end_changes_nothing(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.wait(minutes=30)
    scene.refuses_issue(no)
    assert scene.state(no) == "已取消"
    assert scene.incidents(no) == []
    assert scene.quiet(no)
