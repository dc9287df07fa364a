"""红冲: a guarantee whose premium was invoiced is given back, so the invoice is taken back, too."""

from collections.abc import Callable

import pytest

from app.orders import secrets as orders
from app.protocol.calls import A11
from app.protocol.codes import Code, Refusal
from tests.invoices.counting import ELECTRONIC, NO, NUMBER, PAPER, PDF, RED, Books
from tests.orders.scene import PREMIUM, Scene
from tests.support.people import login_as

both = pytest.mark.both_databases
Issued = Callable[..., str]


@both
def test_a_refund_after_invoicing_has_the_invoice_taken_back(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.made_out(order)
    books.refunded(order)
    assert books.state_of(no) == "红冲中"
    credit = books.credit_no(no)
    told = books.told_a11(credit)
    assert (told["type"], told["original_no"], told["original_tax_invoice_no"]) == ("CREDIT_NOTE", no, NUMBER)
    assert (told["order_no"], told["amount"], told["title"]) == (order, PREMIUM, ELECTRONIC["title"])
    assert books.tells_of(credit, order, number=RED, file=scene.file(PDF)).code == 0
    assert books.state_of(no) == "已红冲"
    assert RED in books.page(f"/invoices/{no}")
    assert scene.client().get(f"/invoices/{no}/credit/file").data == PDF
    assert "发票已红冲" in scene.told_of(f"/invoices/{no}")
    assert "红冲" in books.page("/invoices/?state=credited")


def test_what_goes_back_in_part_is_taken_back_in_part(books: Books, issued: Issued) -> None:
    order = issued()
    no = books.made_out(order)
    books.refunded(order, "1200.00")
    credit = books.credit_no(no)
    assert books.told_a11(credit)["amount"] == 120_000
    assert books.issues(credit, number=RED).status_code == 303
    assert books.state_of(no) == "已红冲"


def test_without_an_invoice_a_refund_starts_none(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    failed = books.asked(order)
    books.decide(failed, **NO)
    books.refunded(order)
    assert books.invoice(failed).credit_no is None
    assert books.state_of(failed) == "开票失败"


@both
def test_an_invoice_that_comes_out_after_the_refund_is_taken_back_at_once(
    scene: Scene, books: Books, issued: Issued
) -> None:
    order = issued()
    no = books.asked(order)
    books.refunded(order)
    assert books.state_of(no) == "处理中"
    books.issues(no)
    assert books.state_of(no) == "红冲中"
    assert books.told_a11(books.credit_no(no))["amount"] == PREMIUM
    books.issues(books.credit_no(no), number=RED)
    assert books.state_of(no) == "已红冲"


def test_what_the_institution_can_not_take_back_stands_before_an_operator(
    scene: Scene, books: Books, issued: Issued
) -> None:
    order = issued()
    no = books.made_out(order)
    books.refunded(order)
    credit = books.credit_no(no)
    assert books.tells_of(credit, order, **NO).code == 0
    assert scene.tasks(credit) == ["处理未能红冲"]
    assert books.state_of(no) == "红冲中"
    assert NO["reason"] in books.page(f"/invoices/{no}")
    scene.decide(credit, outcome="AGAIN")
    assert scene.tasks(credit) == ["开具红字发票"]
    books.decide(credit, **NO)
    scene.decide(credit, outcome="DONE", tax_invoice_no=RED)
    assert books.state_of(no) == "已红冲"
    page = books.page(f"/invoices/{no}")
    assert RED in page
    assert page.index("机构未能红冲") < page.index("红冲中 → 已红冲"), "told in the order in which it happened"


def test_an_institution_that_takes_no_credit_note_is_an_incident(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.made_out(order)
    scene.counter.manners[A11.id] = Refusal(Code.STATE_CONFLICT, "原发票已跨月，请线下办理")
    books.refunded(order)
    credit = books.credit_no(no)
    (incident,) = scene.incidents(credit)
    assert "原发票已跨月，请线下办理" in incident
    books.issues(credit, number=RED)
    assert books.state_of(no) == "已红冲"


def test_one_that_is_not_made_out_is_chased(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.made_out(order)
    books.refunded(order)
    credit = books.credit_no(no)
    scene.wait(days=3, minutes=1)
    assert sorted(scene.tasks(credit)) == ["催办机构红冲", "开具红字发票"]
    books.issues(credit, number=RED)


def test_a_paper_invoice_is_taken_back_with_a_courier_number(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.asked(order, **PAPER)
    assert books.tells_of(no, order, courier_no="SF1").code == 0
    books.refunded(order)
    credit = books.credit_no(no)
    assert books.told_a11(credit)["account"] == PAPER["account"]
    assert books.tells_of(credit, order, number=RED, courier_no="SF2").code == 0
    assert books.state_of(no) == "已红冲"


def test_an_operator_who_helps_learns_neither_title_nor_tax_number(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.made_out(order)
    books.refunded(order)
    credit = books.credit_no(no)
    books.decide(credit, **NO)
    client = scene.app.test_client()
    login_as(client, "operator")
    page = client.get(f"/desk/tasks/{scene.task(credit).id}").text
    assert order in page
    with scene.app.app_context():
        bidder = orders.content(orders.find(order))
    for secret in (ELECTRONIC["title"], ELECTRONIC["tax_no"], bidder.bidder_name, NUMBER):
        assert secret not in page
    scene.decide(credit, outcome="DONE", tax_invoice_no=RED)
