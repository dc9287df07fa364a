"""The desk and the institution's own system answer the same application at the same moment: one of them counts."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.files import StoredFile
from app.invoices.models import Invoice
from app.protocol.calls import B8
from tests.gateway.party import Party
from tests.invoices.counting import NUMBER, PDF, RED, Books
from tests.orders.scene import Scene

pytestmark = pytest.mark.both_databases


def at_once(scene: Scene, books: Books, number: str, order: str) -> tuple[int, int]:
    """What the desk and the callback are answered."""
    (task,) = [one for one in scene.tasks_of(number) if one.role == "institution_reviewer"]
    person, bank = books.reviewer("BANK01"), scene.parties["BANK01"]
    system = Party(scene.app.test_client(), bank.app_id, bank.key, bank.believed)
    start, said = threading.Barrier(2), dict[str, int]()
    told: dict[str, Any] = {"invoice_no": number, "order_no": order, "result": "APPROVED", "tax_invoice_no": RED}

    def desk() -> None:
        file = (io.BytesIO(PDF), "发票.pdf")
        form = {"result": "APPROVED", "tax_invoice_no": NUMBER, "file": file}
        start.wait()
        said["desk"] = person.post(f"/desk/tasks/{task.id}", data=form).status_code

    def callback() -> None:
        start.wait()
        said["callback"] = system.say(B8, told | {"file": scene.file(PDF)}).code

    threads = [threading.Thread(target=desk), threading.Thread(target=callback)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scene.work()
    return said["desk"], said["callback"]


def test_an_invoice_and_its_credit_note_are_made_out_once(
    scene: Scene, books: Books, issued: Callable[..., str]
) -> None:
    order = issued()
    no = books.asked(order)
    kept = len(scene.rows(select(StoredFile)))
    answers = at_once(scene, books, no, order)
    assert answers in {(303, 3002), (409, 0)}
    page = books.page(f"/invoices/{no}")
    assert (NUMBER in page, RED in page) == ((True, False) if answers[0] == 303 else (False, True))
    assert len(scene.rows(select(StoredFile))) == kept + 1
    assert scene.told_of(f"/invoices/{no}") == ["发票已开具"]
    books.refunded(order)
    assert at_once(scene, books, books.credit_no(no), order) in {(303, 3002), (409, 0)}
    assert [one.state for one in scene.rows(select(Invoice))] == ["credited"]
    assert scene.told_of(f"/invoices/{no}") == ["发票已开具", "发票已红冲"]
