"""Both sides of an invoice: the bidder's pages, the institution's desk and its signed calls, the refund after it."""

import io
import re
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from app.invoices.models import Invoice
from app.protocol.calls import A11, B8
from tests.applications.desk import Desk, words
from tests.gateway.party import Answer
from tests.orders.scene import XIANGJIAN, Bidder
from tests.support import papers

PDF = papers.pdf("发票")
ELECTRONIC = {
    "kind": "VAT_NORMAL", "form": "ELECTRONIC", "title": "湘建一川建设集团有限公司", "tax_no": "91430100MA8XJY0188",
    "email": "caiwu@xiangjian.example",
}  # fmt: skip
PAPER = {
    "kind": "VAT_SPECIAL", "form": "PAPER", "title": "湘建一川建设集团有限公司", "tax_no": "91430100MA8XJY0188",
    "address": "长沙市岳麓区麓谷大道668号", "phone": "0731-88880000", "bank": "云麓商业银行麓谷支行",
    "account": "6222020200112233445", "recipient": "刘思齐", "recipient_phone": "13900000001",
    "recipient_address": "长沙市岳麓区麓谷大道668号3栋",
}  # fmt: skip
NUMBER, RED = "26430000001234567890", "26430000009876543210"
NO = {"result": "REJECTED", "reject_code": "T01", "reason": "抬头与税号不是同一家企业"}


class Books(Desk):
    def ask(self, order: str, *, who: Bidder = XIANGJIAN, **said: Any) -> TestResponse:
        answer = self.scene.client(who).post(f"/orders/{order}/invoice", data=said or ELECTRONIC)
        self.scene.work()
        return answer

    def asked(self, order: str, *, who: Bidder = XIANGJIAN, **said: Any) -> str:
        """An application that was taken in; its number."""
        answer = self.ask(order, who=who, **said)
        assert answer.status_code == 302, words(answer)
        number: str = answer.location.rsplit("/", 1)[1]
        return number

    def made_out(self, order: str, **said: Any) -> str:
        """An invoice that is out, by the institution's call."""
        no = self.asked(order, **said)
        assert self.tells_of(no, order, file=self.scene.file(PDF)).code == 0
        assert self.state_of(no) == "已开票"
        return no

    def issues(self, no: str, *, name: str = "电子发票.pdf", number: str = NUMBER) -> TestResponse:
        """On the desk, with its file."""
        return self.decide(no, result="APPROVED", tax_invoice_no=number, file=(io.BytesIO(PDF), name))

    def tells_of(self, no: str, order: str, *, number: str = NUMBER, code: str = "BANK01", **told: Any) -> Answer:
        """B8."""
        said = {"invoice_no": no, "order_no": order, "result": "APPROVED", "tax_invoice_no": number, **told}
        return self.tells(B8, said, code)

    def refunded(self, order: str, amount: str = "1800.00") -> None:
        """申请退保, and the institution agrees."""
        guarantee = self.scene.guarantee(order)
        assert guarantee is not None
        no = self.applied(guarantee.no, "refund", reason_code="R01", note="不再参加本项目投标")
        said = {"result": "APPROVED", "amount": amount, "repay_txn_no": "TK-1", "repaid_at": "2026-01-05T10:00"}
        assert self.decide(no, **said).status_code == 303

    def invoice(self, no: str) -> Invoice:
        return self.scene.rows(select(Invoice).where(Invoice.no == no))[0]

    def state_of(self, no: str) -> str:
        """As its page says."""
        page = self.scene.client().get(f"/invoices/{no}").text
        (line,) = re.findall(r'<p class="state-line".*?</p>', page, re.DOTALL)
        return re.sub(r"<[^>]+>", "", line).strip()

    def credit_no(self, no: str) -> str:
        found = self.invoice(no).credit_no
        assert found is not None
        return found

    def told_a11(self, number: str) -> dict[str, Any]:
        (body,) = self.scene.asked(number, A11)
        return body
