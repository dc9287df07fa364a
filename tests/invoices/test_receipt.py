"""An invoice was asked for: its receipt is on its own page, once."""

import json
from collections.abc import Callable

from tests.invoices.counting import ELECTRONIC, Books
from tests.orders.scene import YANCHI, Scene


def test_asking_for_an_invoice_has_a_receipt(scene: Scene, books: Books, issued: Callable[..., str]) -> None:
    order = issued()
    no = books.asked(order)
    assert f'href="/receipts/{no}/1"' in scene.client().get(f"/invoices/{no}").text
    assert "收到：提交开票申请" in scene.client().get(f"/receipts/{no}/1").text
    said = scene.client().get(f"/receipts/{no}/1/file").json
    assert json.loads(said["sent"])["secret"]["said"]["title"] == ELECTRONIC["title"]
    assert said["lot_no"] == "A4301-2026-LOT-1"
    assert scene.client(YANCHI).get(f"/receipts/{no}/1").status_code == 404
    assert scene.page(order).count('href="/receipts/DD') == 2, "the order's own two steps, and no third"
    assert books.issues(no).status_code == 303
