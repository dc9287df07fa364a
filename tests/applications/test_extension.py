"""申请延期 (manual 5.3.2)."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app import clock
from app.guarantees import secrets as guarantees
from app.protocol.calls import A7, B5
from tests.applications.desk import Desk, words
from tests.orders.scene import LOT, Scene

Issued = Callable[..., str]
YES = {"result": "APPROVED"}
NO = {"result": "REJECTED", "reject_code": "N99", "reason": "需补缴保费后另行申请"}


def asks(days: int) -> dict[str, str]:
    day = clock.local(clock.now() + timedelta(days=days)).date()
    return {"reason_code": "E01", "valid_to": day.isoformat()}


def ends(scene: Scene, guarantee: str) -> str:
    with scene.app.app_context():
        return clock.shown(guarantees.content(guarantees.find(guarantee)).ends)


@pytest.fixture
def put_off(scene: Scene, issued: Issued) -> str:
    """A guarantee whose lot's deadline was put off by twenty days after it was issued."""
    guarantee = issued()
    scene.wait(minutes=1)
    later = clock.now().replace(microsecond=0) + timedelta(days=30)
    scene.lot(LOT, version=2, bid_deadline=later)
    return guarantee


@pytest.mark.both_databases
def test_after_a_change_the_guarantee_is_made_to_last(scene: Scene, desk: Desk, put_off: str) -> None:
    no = desk.applied(put_off, "extension", **asks(130))
    assert desk.state(put_off) == "生效中"
    assert "延期中" in desk.page("/applications/?kind=extension")
    (sent,) = scene.asked(no, A7)
    assert (sent["extension_no"], sent["reason"]) == (no, "开标时间推迟")
    assert desk.decide(no, **YES).status_code == 303
    assert ends(scene, put_off) == clock.shown(sent["valid_to"])
    assert "延期成功" in desk.page(f"/applications/{no}")


def test_a_guarantee_that_is_too_short_is_extended_by_sending_the_form_as_it_comes(
    scene: Scene, desk: Desk, put_off: str
) -> None:
    assert "保函有效期缺 21 天" in desk.page(f"/guarantees/{put_off}")
    needed = clock.local(clock.now() + timedelta(days=120)).date().isoformat()
    form = scene.client().get(f"/guarantees/{put_off}/apply/extension").text
    assert f'value="{needed}"' in form
    assert re.search(r'<option value="E01" selected', form)
    no = desk.applied(put_off, "extension", reason_code="E01", valid_to=needed)
    desk.decide(no, **YES)
    assert "保函有效期缺" not in desk.page(f"/guarantees/{put_off}")


def test_refused_it_stays_as_it_was(scene: Scene, desk: Desk, put_off: str) -> None:
    before = ends(scene, put_off)
    no = desk.applied(put_off, "extension", **asks(130))
    desk.decide(no, **NO)
    assert ends(scene, put_off) == before
    assert "延期失败" in desk.page("/applications/?kind=extension")


def test_without_a_change_there_is_nothing_to_extend(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    scene.wait(minutes=1)
    assert "出函后项目没有变更，无需延期" in desk.page(f"/guarantees/{guarantee}")
    assert desk.apply(guarantee, "extension", **asks(200)).status_code == 409


def test_a_day_that_does_not_reach_the_end_of_bid_validity_is_refused(desk: Desk, put_off: str) -> None:
    answer = desk.apply(put_off, "extension", **asks(119))
    assert answer.status_code == 409
    assert "不得早于投标截止时间加投标有效期" in words(answer)


def test_a_lot_that_ends_meanwhile_ends_the_application(scene: Scene, desk: Desk, put_off: str) -> None:
    no = desk.applied(put_off, "extension", **asks(130))
    scene.lot_event("TERMINATED")
    assert "标段已终止或流标，无需延期" in desk.page(f"/applications/{no}")
    assert desk.application(no).state == "refused"


@pytest.mark.both_databases
def test_by_call_the_new_document_is_verified_and_becomes_the_guarantees_own(
    scene: Scene, desk: Desk, put_off: str
) -> None:
    first = download(scene, put_off)
    no = desk.applied(put_off, "extension", **asks(130))
    until = scene.asked(no, A7)[0]["valid_to"]
    file = scene.file(scene.papers["BANK01:appendix"])
    told = {"extension_no": no, "guarantee_no": put_off, "result": "APPROVED", "valid_to": until, "file": file}
    assert desk.tells(B5, told).code == 0
    page = desk.page(f"/guarantees/{put_off}")
    assert "延期后的保函或批单" in page
    assert "出函时的保函" in page
    assert "收到延期后的保函文件" in page
    assert download(scene, put_off) == scene.papers["BANK01:appendix"]
    older = re.findall(r"/file\?document=(\d+)", scene.client().get(f"/guarantees/{put_off}").text)[-1]
    assert download(scene, put_off, f"?document={older}") == first
    assert scene.client().get(f"/guarantees/{put_off}/file?document=999999").status_code == 404


def test_a_document_without_the_institutions_signature_is_shown_to_an_operator(
    scene: Scene, desk: Desk, put_off: str
) -> None:
    first = download(scene, put_off)
    no = desk.applied(put_off, "extension", **asks(130))
    scan = (io.BytesIO(scene.papers["BANK01:unsigned"]), "批单.pdf")
    desk.decide(no, **YES, file=scan)
    assert [told.startswith("机构同意延期，但所附文件不合格：") for told in scene.incidents(no)] == [True]
    assert ends(scene, put_off) == clock.shown(scene.asked(no, A7)[0]["valid_to"])
    assert download(scene, put_off) == first


def download(scene: Scene, guarantee: str, which: str = "") -> bytes:
    return scene.client().get(f"/guarantees/{guarantee}/file{which}").data
