"""Files in a folder and in an S3-compatible bucket: encrypted, whole or not at all, orphans collected."""

import io
from collections.abc import Callable, Iterator

import boto3
import pytest
from flask import Flask
from moto import mock_aws

from app import files, orphans
from app.db import db, transaction
from app.errors import BadInput
from tests.support.papers import kept
from tests.support.time import later

CONTENT = "保函正文。".encode() * 60_000  # more than one chunk


@pytest.fixture(params=["folder", "bucket"])
def app(
    request: pytest.FixtureRequest, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    if request.param == "folder":
        yield make_app(FILES_URL=f"file://{request.getfixturevalue('tmp_path')}")
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "trial")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="guarantees")
        yield make_app(FILES_URL="s3://guarantees/files")


def stored(app: Flask) -> list[str]:
    return [name for name, _ in files.store().names()]


@pytest.mark.parametrize("size", [0, 1, files.CHUNK, files.CHUNK + 1, len(CONTENT)])
def test_what_is_kept_is_read_back_and_never_stored_in_the_clear(app_context: Flask, size: int) -> None:
    written = files.write(io.BytesIO(CONTENT[:size]), "application/pdf")
    with transaction():
        row = files.keep(written)
    assert files.content(row.id) == CONTENT[:size]
    with files.store().open(row.name) as source:
        sealed = source.read()
    assert len(sealed) >= size
    assert size < 16 or CONTENT[:size] not in sealed  # a single byte may stand anywhere


def test_the_same_content_twice_does_not_show_that_it_is_the_same(app_context: Flask) -> None:
    assert kept(CONTENT).name != kept(CONTENT).name


def test_a_file_that_was_lost_is_missed_before_anything_is_read(app_context: Flask) -> None:
    row = kept(CONTENT)
    files.store().remove(row.name)
    with pytest.raises(FileNotFoundError):
        files.read(row.id)


def test_too_large_a_file_leaves_nothing(app_context: Flask) -> None:
    with pytest.raises(BadInput, match="超过"):
        files.write(CONTENT, "application/pdf", limit=1024)
    assert stored(app_context) == []


def test_nobody_writes_a_file_while_others_wait_for_the_database(app_context: Flask) -> None:
    with pytest.raises(RuntimeError, match="before the transaction"), transaction():
        files.write(CONTENT, "application/pdf")
    assert stored(app_context) == []


def test_what_is_discarded_is_gone_unless_it_was_kept_after_all(app_context: Flask) -> None:
    files.discard(files.write(CONTENT, "application/pdf"))
    assert stored(app_context) == []
    written = files.write(CONTENT, "application/pdf")
    with transaction():
        files.keep(written)
    files.discard(written)
    assert stored(app_context) == [written.name]


def test_a_file_whose_row_was_not_committed_is_collected_and_others_stay(app_context: Flask) -> None:
    name = kept(CONTENT).name
    written = files.write(CONTENT, "application/pdf")
    with pytest.raises(RuntimeError), transaction():
        files.keep(written)
        raise RuntimeError
    assert len(stored(app_context)) == 2
    assert files.collect_orphans() == 0, "it may belong to a transaction that is still open"
    with later(days=2):
        orphans.collect({"date": "2026-11-23"}, key="files/orphans:2026-11-23")
    assert stored(app_context) == [name]
    db.session.rollback()
