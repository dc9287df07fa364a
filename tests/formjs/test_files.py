"""Files are taken by what they are, not by what they are called."""

import io
import zipfile

import pytest
from werkzeug.datastructures import FileStorage, MultiDict

from app import formjs
from app.errors import BadInput
from tests.formjs.conftest import document

PDF = b"%PDF-1.7\n" + b"x" * 200
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\0" * 100


def packed(*entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


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


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.pdf", b"MZ" + b"\0" * 300, "的内容不是 pdf, zip 格式"),
        ("a.zip", PNG, "的内容不是 pdf, zip 格式"),
        ("a.pdf", b"", "是空文件"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 100, "无法打开"),
        ("a.zip", packed(("big", b"\0" * 40_000_000)), "解压后过大"),
    ],
)
def test_what_is_not_what_it_should_be_is_refused_by_name(name, content, part):
    sentence = refused(form(), (name, content))
    assert sentence.startswith(f"证明材料“{name}”")
    assert part in sentence


def test_too_large_and_too_many_are_refused():
    small = form(properties={"maxSize": "1K", "maxFiles": 2}, multiple=True)
    assert "超过 1K" in refused(small, ("a.pdf", PDF * 10))
    assert refused(small, *[("a.pdf", PDF)] * 3) == "证明材料最多 2 个文件"


def test_logos_are_pictures():
    logo = form(accept="image/png,.jpeg")
    assert read(logo, ("logo.png", PNG)).media_type == "image/png"
    assert "不是 png, jpg 格式" in refused(logo, ("logo.png", PDF))


def test_the_hint_says_what_is_taken(flask_app):
    assert "支持pdf, zip格式，大小不超过50M" in str(form().render())
