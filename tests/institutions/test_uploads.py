"""Applicants' documents: what may not come in is refused at its field, in its own words, and nothing is kept."""

import io
import struct

import pytest

from app import files
from tests.institutions.stage import Stage
from tests.support.papers import packed, pdf, png


def protected() -> bytes:
    whole = bytearray(packed(("a.txt", b"secret")))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(signature) + place] |= 1
    return bytes(whole)


def kept(stage: Stage) -> set[str]:
    with stage.app.app_context():
        return {name for name, _ in files.store().names()}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("授权书.pdf", pdf(size=51 * 1024**2), "超过 50M，请压缩后重新上传"),
        ("授权书.pdf", b"MZ" + b"\0" * 500, "是可执行程序，不能上传"),
        ("授权书.pdf", pdf()[:200], "不完整或已损坏，请重新导出后上传"),
        ("授权书.docx", png(), "的内容不是 pdf, zip 格式"),
        ("授权书.zip", packed(("big", b"\0" * 30_000_000)), "解压后过大，请减少内容后上传"),
        ("授权书.zip", protected(), "设有密码，请去掉密码后重新压缩上传"),
        ("授权书.zip", packed(("里面.zip", b"x")), "内还有压缩包，请解开后一并压缩上传"),
        ("授权书.zip", packed(("../../x", b"x")), "内有指向压缩包之外的路径，请重新压缩后上传"),
    ],
)
def test_a_bad_attachment_is_named_and_the_good_one_beside_it_not_kept(
    stage: Stage, name: str, content: bytes, told: str
) -> None:
    before = kept(stage)
    small = [(io.BytesIO(pdf("好")), "好.pdf")] if len(content) < 1024**2 else []
    said = {"name": "世一保险", "attachments": [*small, (io.BytesIO(content), name)]}
    answer = stage.client.post("/institutions/join/admission", data=said)
    assert answer.status_code == 422
    assert f"附件“{name}”{told}" in answer.text
    assert "世一保险" in answer.text, "nothing typed is lost"
    assert kept(stage) == before


def test_a_logo_of_huge_dimensions_is_refused(stage: Stage) -> None:
    stage.admitted()
    before = kept(stage)
    answer = stage.submit(logo=(io.BytesIO(png(30_000, 30_000)), "logo.png"))
    assert answer.status_code == 422
    assert "Logo“logo.png”的边长超过 4096 像素，请缩小后上传" in answer.text
    broken = bytearray(png())
    struct.pack_into(">I", broken, 16, 0)
    answer = stage.submit(logo=(io.BytesIO(bytes(broken)), "logo.png"))
    assert "Logo“logo.png”不完整或已损坏，请重新导出后上传" in answer.text
    assert kept(stage) == before
