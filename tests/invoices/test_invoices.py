"""开具发票 and 我的发票 (manual 5.2.3, 5.4)."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest

from tests.applications.desk import words
from tests.invoices.counting import ELECTRONIC, NO, NUMBER, PAPER, PDF, Books
from tests.orders.scene import PREMIUM, XIANGJIAN, YANCHI, Scene

both = pytest.mark.both_databases
Issued = Callable[..., str]


@both
def test_the_institution_makes_it_out_on_the_desk_and_the_bidder_has_the_file(
    scene: Scene, books: Books, issued: Issued
) -> None:
    order = issued()
    no = books.asked(order)
    assert books.state_of(no) == "处理中"
    told = books.told_a11(no)
    assert (told["type"], told["amount"], told["title"]) == ("INVOICE", PREMIUM, ELECTRONIC["title"])
    assert books.issues(no).status_code == 303
    assert books.state_of(no) == "已开票"
    assert NUMBER in books.page(f"/invoices/{no}")
    answer = scene.client().get(f"/invoices/{no}/file")
    assert answer.data == PDF
    saved_as = answer.headers["Content-Disposition"]
    assert saved_as.isascii()
    assert unquote(saved_as).endswith("电子发票.pdf")
    assert "发票已开具" in scene.told_of(f"/invoices/{no}")
    assert any(no in text for text in scene.texts(no))


@both
def test_the_institution_makes_it_out_by_its_signed_call(scene: Scene, books: Books, issued: Issued) -> None:
    no = books.made_out(order := issued())
    assert NUMBER in books.page(f"/invoices/{no}")
    assert scene.client().get(f"/invoices/{no}/file").data == PDF
    assert books.tells_of(no, order, file=scene.file(PDF)).code == 3002


def test_a_paper_invoice_is_sent_by_courier(scene: Scene, books: Books, issued: Issued) -> None:
    no = books.asked(order := issued(), **PAPER)
    told = books.told_a11(no)
    assert {name: told[name] for name in ("bank", "account", "recipient_address")} == {
        name: PAPER[name] for name in ("bank", "account", "recipient_address")
    }
    assert books.tells_of(no, order, courier="顺丰速运", courier_no="SF1402233445566").code == 0
    page = books.page(f"/invoices/{no}")
    assert "已开票" in page
    assert "顺丰速运 SF1402233445566" in page
    assert "138" not in page
    assert "139****0001" in page, "personal data is masked"


def test_a_special_invoice_asks_for_bank_and_address_a_paper_one_for_a_recipient(books: Books, issued: Issued) -> None:
    answer = books.ask(issued(), kind="VAT_SPECIAL", form="PAPER", title="湘建一川", tax_no="91430100MA8XJY0188")
    assert answer.status_code == 422
    page = words(answer)
    for name in ("注册地址", "注册电话", "开户银行", "银行账号", "收件人", "收件地址"):
        assert f"请输入{name}" in page, name
    assert "请输入接收发票的邮箱" not in page.split("开票机构", 1)[0]


@pytest.mark.parametrize("wrong", ["9143010", "91430100MA8XJY018I", "九一四三"])
def test_a_tax_number_that_is_none_is_refused_at_its_field(books: Books, issued: Issued, wrong: str) -> None:
    answer = books.ask(issued(), **{**ELECTRONIC, "tax_no": wrong})
    assert answer.status_code == 422
    assert "税号应为 18 位数字和大写字母" in words(answer)


def test_the_form_is_filled_in_with_what_is_known_of_the_bidder(scene: Scene, issued: Issued) -> None:
    page = scene.client().get(f"/orders/{issued()}/invoice").text
    assert f'value="{XIANGJIAN["name"]}"' in page
    assert f'value="{XIANGJIAN["uscc"]}"' in page


def test_refused_with_a_reason_the_bidder_may_apply_again(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.asked(order)
    assert books.decide(no, result="REJECTED").status_code == 422
    assert books.decide(no, **NO).status_code == 303
    assert books.state_of(no) == "开票失败"
    assert NO["reason"] in books.page(f"/invoices/{no}")
    assert any(NO["reason"] in text for text in scene.texts(no))
    again = books.made_out(order)
    assert again != no


def test_before_it_is_issued_the_button_says_why_not(scene: Scene, books: Books) -> None:
    no = scene.apply()
    why = "订单尚未成功出函，出函后可以开具发票"
    assert why in books.page(f"/orders/{no}")
    answer = books.ask(no)
    assert (answer.status_code, why in words(answer)) == (409, True)
    scene.abandon(no)


@both
def test_an_order_has_one_invoice_at_a_time(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.asked(order)
    answer = books.ask(order)
    assert (answer.status_code, "该订单已申请开具发票" in words(answer)) == (409, True)
    guarantee = scene.guarantee(order)
    assert guarantee is not None
    for page in (f"/orders/{order}", f"/guarantees/{guarantee.no}"):
        assert "该订单已申请开具发票" in books.page(page)
        assert "查看发票" in books.page(page)
    books.issues(no)
    assert books.ask(order).status_code == 409


def test_a_guarantee_given_back_before_gets_none(books: Books, issued: Issued) -> None:
    order = issued()
    books.refunded(order)
    answer = books.ask(order)
    assert (answer.status_code, "保函已退保，保费已退回" in words(answer)) == (409, True)


def test_nobody_else_asks_for_it_sees_it_or_has_the_file(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    assert books.ask(order, who=YANCHI, **ELECTRONIC).status_code == 404
    no = books.made_out(order)
    for path in (f"/invoices/{no}", f"/invoices/{no}/file", f"/invoices/{no}/path.json"):
        assert scene.client(YANCHI).get(path).status_code == 404
    assert books.reviewer("BANK01").get(f"/invoices/{no}/file").status_code == 200
    assert books.reviewer("INS01").get(f"/invoices/{no}/file").status_code == 404
    assert no not in words(scene.client(YANCHI).get("/invoices/"))


def test_my_invoices_are_searched_by_state_and_number(scene: Scene, books: Books, issued: Issued) -> None:
    scene.lot("LOT-2")
    first = books.made_out(issued())
    order = issued(lot="LOT-2")
    second = books.asked(order)
    assert first in books.page("/invoices/")
    page = books.page("/invoices/?state=processing")
    assert (second in page, first in page) == (True, False)
    page = books.page(f"/invoices/?q={order}")
    assert (second in page, first in page) == (True, False)
    assert "没有符合条件的发票" in books.page("/invoices/?state=credited")
    books.decide(second, **NO)


def test_an_institution_that_makes_nothing_out_is_chased(scene: Scene, books: Books, issued: Issued) -> None:
    no = books.asked(issued())
    scene.wait(days=2, minutes=1)
    assert sorted(scene.tasks(no)) == ["催办机构开票", "开具发票"]
    books.issues(no)


def test_another_institution_and_another_order_are_unknown(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.asked(order)
    file = scene.file(PDF)
    assert books.tells_of(no, order, code="INS01", file=file).code == 3001
    assert books.tells_of(no, "DD2026010100000000", file=file).code == 3001
    assert books.tells_of(no, order, file=file).code == 0


def test_an_electronic_invoice_comes_with_its_file(scene: Scene, books: Books, issued: Issued) -> None:
    order = issued()
    no = books.asked(order)
    answer = books.tells_of(no, order, courier_no="SF1")
    assert (answer.code, list(answer.fields)) == (2002, ["file"])
    assert books.state_of(no) == "处理中"
    books.issues(no)
