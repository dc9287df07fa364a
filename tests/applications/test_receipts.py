"""What is applied for on a guarantee has its receipts, too: the application and what was corrected of it."""

import io
import re
from collections.abc import Callable

from tests.applications.desk import Desk
from tests.orders.scene import YANCHI, Scene

WHY = {"reason_code": "R01", "note": "不再参加本项目投标"}
NO = {"result": "REJECTED", "reject_code": "N01", "reason": "不符合合同约定的退保条件"}


def steps(scene: Scene, no: str) -> list[str]:
    """The steps that have a receipt, as their files name them."""
    page = scene.client().get(f"/applications/{no}").text
    links = re.findall(rf'href="(/receipts/{no}/\d+)"', page)
    return [scene.client().get(f"{link}/file").json["step"] for link in links]


def test_an_application_has_a_receipt_and_a_decision_has_none(
    scene: Scene, desk: Desk, issued: Callable[..., str]
) -> None:
    no = desk.applied(issued(), "refund", **WHY)
    desk.decide(no, **NO)
    assert steps(scene, no) == ["提交退保申请"]
    page = scene.client().get(f"/receipts/{no}/1").text
    assert "收到：提交退保申请" in page
    assert "开标时间" in page
    assert scene.client(YANCHI).get(f"/receipts/{no}/1").status_code == 404


def test_what_was_corrected_has_a_receipt_of_its_own(scene: Scene, desk: Desk, issued: Callable[..., str]) -> None:
    guarantee = issued()
    scene.wait(days=11)
    scene.lot_event("OPENED")

    def proof() -> dict[str, object]:
        return {"evidence": (io.BytesIO(scene.papers["BANK01:unsigned"]), "中标公示.pdf")}

    no = desk.applied(guarantee, "cancellation", **proof())
    desk.decide(no, result="NEED_DOCS", reason="请补充中标公示")
    task = next(one for one in scene.tasks_of(no) if one.role == "bidder")
    scene.client().post(f"/applications/{no}/tasks/{task.id}", data=proof())
    scene.work()
    assert steps(scene, no) == ["提交注销申请", "提交补正材料"]
    desk.decide(no, result="APPROVED")
