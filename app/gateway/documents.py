"""Files institutions send: by content, or by an address on their own endpoint; hashed, looked at, stored."""

from collections.abc import Collection, Mapping
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from app import files, outside
from app.errors import AppError, Unavailable
from app.files import Written
from app.protocol.codes import Code, Refusal
from app.protocol.digests import sha256_hex, sm3_hex
from app.protocol.reach import AddressRefused, same_origin

MOST = 10 * 1024 * 1024
MOST_TEXT = 256 * 1024
ELSEWHERE = "应位于机构登记的接口地址之下"
BEGINNINGS = {
    "PDF": (b"%PDF-", "application/pdf"),
    "OFD": (b"PK\x03\x04", "application/ofd"),
    "ZIP": (b"PK\x03\x04", "application/zip"),
    "JPG": (b"\xff\xd8\xff", "image/jpeg"),
    "PNG": (b"\x89PNG\r\n\x1a\n", "image/png"),
}
GUARANTEES = ("PDF", "OFD")


class NoDocument(AppError):
    """What was fetched is not the document that was told of."""

    code = "no_document"


def check(file: Mapping[str, Any], *, endpoint: str, formats: Collection[str] = GUARANTEES, name: str = "file") -> None:
    """Refuse, naming the field, a file that is too long, not what it says it is, or to be fetched from elsewhere."""
    if file["format"] not in formats:
        raise _wrong(name, "format", f"应为{'、'.join(formats)}之一")
    if "url" in file:
        if not same_origin(file["url"], endpoint):
            raise _wrong(name, "url", ELSEWHERE)
        return
    problem = flaw(file, file["content"])
    if problem:
        raise _wrong(name, *problem)


def flaw(file: Mapping[str, Any], content: bytes) -> tuple[str, str] | None:
    """The field that is wrong and how, or None."""
    if len(content) > MOST:
        return "base64", f"文件不能超过{MOST // 1024 // 1024}MB"
    if not content.startswith(BEGINNINGS[file["format"]][0]):
        return "base64", f"内容不是{file['format']}文件"
    if sm3_hex(content) != file["sm3"]:
        return "sm3", "与文件内容不符"
    if sha256_hex(content) != file["sha256"]:
        return "sha256", "与文件内容不符"
    return None


def write(file: Mapping[str, Any], content: bytes) -> Written:
    """Into the store, before the transaction that keeps it."""
    return files.write(content, BEGINNINGS[file["format"]][1], limit=MOST)


def keep(file: Mapping[str, Any], written: Written) -> dict[str, Any]:
    """What stands in the message in the file's place; in the caller's transaction."""
    row = files.keep(written)
    return {"file_id": row.id, **described(file)}


def described(file: Mapping[str, Any]) -> dict[str, Any]:
    """What of a file tells it apart from others."""
    return {name: file[name] for name in ("format", "sm3", "sha256")}


def fetch(file: Mapping[str, Any], *, endpoint: str) -> bytes:
    """The content behind `file["url"]`; no redirects, no more than MOST. Raises Unavailable or NoDocument."""
    content = _content(file["url"], endpoint, MOST)
    problem = flaw(file, content)
    if problem:
        raise NoDocument("：".join(problem))
    return content


def fetch_text(url: str, *, endpoint: str) -> str:
    """A text in UTF-8 on the institution's own endpoint. Raises Unavailable or NoDocument."""
    content = _content(url, endpoint, MOST_TEXT)
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise NoDocument("文件不是UTF-8文本") from None
    if not text or len(content) > MOST_TEXT or "\0" in text:
        raise NoDocument(f"文件应为不超过{MOST_TEXT // 1024}KB的文本")
    return text


def same_place(url: str, endpoint: str, name: str) -> None:
    """Refuse, naming the field, an address elsewhere."""
    if not same_origin(url, endpoint):
        raise Refusal(Code.FORMAT, f"{name}：{ELSEWHERE}", fields={name: ELSEWHERE})


def _content(url: str, endpoint: str, most: int) -> bytes:
    if not same_origin(url, endpoint):
        raise NoDocument("文件地址不在机构登记的接口地址之下")
    timeout = urllib3.Timeout(connect=3, read=20)
    try:
        with outside.reach().pool() as pool:
            answer = pool.request("GET", url, timeout=timeout, redirect=False, preload_content=False)
            content = answer.read(most + 1)
    except AddressRefused as error:
        raise NoDocument(f"文件无法下载：{error}") from error
    except (HTTPError, OSError) as error:
        raise Unavailable(f"文件无法下载：{type(error).__name__}") from error
    if answer.status >= 500 or answer.status == 429:
        raise Unavailable(f"文件无法下载：HTTP {answer.status}")
    if answer.status != 200:
        raise NoDocument(f"文件无法下载：HTTP {answer.status}")
    return content


def _wrong(file: str, field: str, problem: str) -> Refusal:
    name = f"{file}.{field}"
    return Refusal(Code.FORMAT, f"{name}：{problem}", fields={name: problem})
