"""Files are taken by what they are, not by what they are called."""

import io
import stat
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage, MultiDict

from app import formjs
from app.errors import BadInput
from tests.formjs.conftest import document
from tests.support.papers import jpg, packed, pdf, png

PDF = pdf()
PNG = png()


def form(**more):
    return formjs.load(
        document({"type": "filepicker", "key": "it", "label": "证明材料", "accept": ".pdf,.zip", **more})
    )


def read(the_form, *sent):
    files = MultiDict([("it", FileStorage(io.BytesIO(content), name)) for name, content in sent])
    return the_form.read(MultiDict(), files)["it"]


def refused(the_form, *sent):
    with pytest.raises(BadInput) as caught:
        read(the_form, *sent)
    return caught.value.fields["it"]


def test_an_accepted_file_comes_with_its_true_type_and_its_whole_content():
    upload = read(form(), ("C:\\desk\\证明.PDF", PDF))
    assert (upload.name, upload.media_type, upload.size) == ("证明.PDF", "application/pdf", len(PDF))
    assert upload.stream.read() == PDF


def test_no_file_is_none_and_several_are_a_list():
    assert read(form()) is None
    assert read(form(multiple=True)) == []
    assert [u.name for u in read(form(multiple=True), ("a.pdf", PDF), ("b.zip", packed(("x", b"y"))))] == [
        "a.pdf",
        "b.zip",
    ]


def bomb_with_a_lie():
    """An entry said to hold a hundred bytes, and holding forty million."""
    whole = bytearray(packed(("big.txt", b"\0" * 40_000_000)))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", whole, whole.index(signature) + place, 100)
    return bytes(whole)


def overlapping():
    """Many entries of the directory over one and the same packed content."""
    one = packed(("a.txt", bytes(range(256)) * 400))
    at = one.index(b"PK\x01\x02")
    entry, end = one[at : one.index(b"PK\x05\x06")], bytearray(one[one.index(b"PK\x05\x06") :])
    struct.pack_into("<HHI", end, 8, 60, 60, len(entry) * 60)
    return one[:at] + entry * 60 + bytes(end)


def protected():
    whole = bytearray(packed(("a.txt", b"secret")))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(signature) + place] |= 1
    return bytes(whole)


def crowded():
    return packed(*((f"{number}.txt", b"") for number in range(2001)))


def linked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("evidence.pdf")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def spoilt(content):
    whole = bytearray(packed(("a.txt", content), method=zipfile.ZIP_STORED))
    whole[whole.index(content)] ^= 1
    return bytes(whole)


ELSEWHERE = "内有指向压缩包之外的路径"


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.pdf", b"MZ" + b"\0" * 300, "是可执行程序，不能上传"),
        ("a.pdf", b"\x7fELF" + b"\0" * 300, "是可执行程序，不能上传"),
        ("a.pdf", b"#!/bin/sh\nrm -r /\n", "是可执行程序，不能上传"),
        ("a.zip", PNG, "的内容不是 pdf, zip 格式"),
        ("a.pdf", "只是文字".encode(), "的内容不是 pdf, zip 格式"),
        ("a.pdf", b"", "是空文件"),
        ("a.pdf", PDF[: len(PDF) // 2], "不完整或已损坏，请重新导出"),
        ("a.pdf", PDF.replace(b"xref\n0 4", b"nothing!"), "不完整或已损坏，请重新导出"),
        ("a.pdf", b"%PDF-1.7\nstartxref\n99999\n%%EOF\n", "不完整或已损坏，请重新导出"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 100, "无法打开"),
        ("a.zip", packed(("a", b"b" * 5000))[:-30], "无法打开"),
        ("a.zip", spoilt(b"content"), "无法打开"),
        ("a.zip", packed(("big", b"\0" * 40_000_000)), "解压后过大"),
        ("a.zip", overlapping(), "解压后过大"),
        ("a.zip", bomb_with_a_lie(), "无法打开"),
        ("a.zip", crowded(), "内的文件超过 2000 个"),
        ("a.zip", protected(), "设有密码，请去掉密码"),
        ("a.zip", packed(("里面.zip", b"x")), "内还有压缩包"),
        ("a.zip", packed(("公告.pdf", packed(("x", b"y")))), "内还有压缩包"),
        ("a.zip", packed(("查看.exe", b"x")), "内有可执行程序"),
        ("a.zip", packed(("公告.pdf", b"MZ\x90\0")), "内有可执行程序"),
        ("a.zip", packed(("../../etc/cron.d/x", b"y")), ELSEWHERE),
        ("a.zip", packed(("/etc/passwd", b"y")), ELSEWHERE),
        ("a.zip", packed(("C:\\windows\\x", b"y")), ELSEWHERE),
        ("a.zip", linked(), ELSEWHERE),
        ("a.zip", packed(("a", b"b"), method=zipfile.ZIP_BZIP2), "使用了少见的压缩方式"),
    ],
)
def test_what_is_not_what_it_should_be_is_refused_by_name(name, content, part):
    sentence = refused(form(), (name, content))
    assert sentence.startswith(f"证明材料“{name}”")
    assert part in sentence


def test_office_documents_may_lie_in_an_archive():
    inside = packed(("[Content_Types].xml", b"<Types/>"))
    assert read(form(), ("a.zip", packed(("材料/说明.docx", inside), ("材料/保函.ofd", inside)))).size


def test_too_large_and_too_many_are_refused():
    small = form(properties={"maxSize": "1K", "maxFiles": 2}, multiple=True)
    assert "超过 1K" in refused(small, ("a.pdf", PDF * 10))
    assert refused(small, *[("a.pdf", PDF)] * 3) == "证明材料最多 2 个文件"


def logo(**more):
    return form(label="Logo", accept="image/png,.jpeg", properties={"maxSize": "2M"}, **more)


def test_logos_are_pictures():
    assert read(logo(), ("logo.png", PNG)).media_type == "image/png"
    assert read(logo(), ("logo.jpeg", jpg())).media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("logo.png", PDF, "的内容不是 png, jpg 格式"),
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "的内容不是 png, jpg 格式"),
        ("logo.png", PNG[:-6], "不完整或已损坏"),
        ("logo.png", PNG.replace(b"IDAT", b"IDAX"), "不完整或已损坏"),
        ("logo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "不完整或已损坏"),
        ("logo.jpg", jpg()[:-2], "不完整或已损坏"),
        ("logo.jpg", jpg()[:24] + b"\0" * 40, "不完整或已损坏"),
        ("logo.png", png(60_000, 60_000), "的边长超过 4096 像素"),
        ("logo.jpg", jpg(5000, 10), "的边长超过 4096 像素"),
        ("logo.png", PNG + b"\0" * 2 * 1024**2, "超过 2M"),
    ],
)
def test_a_logo_that_browsers_can_not_show_is_refused_by_name(name, content, part):
    sentence = refused(logo(), (name, content))
    assert sentence.startswith(f"Logo“{name}”")
    assert part in sentence


def test_the_hint_says_what_is_taken(flask_app):
    assert "支持pdf, zip格式，大小不超过50M" in str(form().render())


WHOLE = {"a.pdf": PDF, "a.zip": packed(("a.txt", b"hello" * 50), ("b/c.pdf", PDF)), "a.png": PNG, "a.jpg": jpg()}


@given(
    name=st.sampled_from(sorted(WHOLE)),
    cut=st.floats(0, 1),
    gone=st.integers(0, 40),
    put=st.binary(max_size=40),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spoilt_file_is_taken_or_refused_in_words(name, cut, gone, put):
    whole = WHOLE[name]
    at = int(cut * len(whole))
    every = form(accept=".pdf,.zip,.png,.jpg")
    try:
        said = read(every, (name, whole[:at] + put + whole[at + gone :])).name
    except BadInput as wrong:
        said = wrong.fields["it"]
    assert said == name or said.startswith(f"证明材料“{name}”")
