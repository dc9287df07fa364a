"""Files in a folder and in an S3-compatible bucket: encrypted, whole or not at all, orphans collected."""

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import boto3
import pytest
from flask import Flask
from moto import mock_aws

from app import files
from app.db import db, transaction
from app.errors import BadInput
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
def test_what_is_put_is_read_back_and_never_stored_in_the_clear(app_context: Flask, size: int) -> None:
    with transaction():
        row = files.put(io.BytesIO(CONTENT[:size]), "application/pdf")
    assert files.content(row.id) == CONTENT[:size]
    with files.store().open(row.name) as source:
        sealed = source.read()
    assert len(sealed) >= size
    assert size < 16 or CONTENT[:size] not in sealed  # a single byte may stand anywhere


def test_the_same_content_twice_does_not_show_that_it_is_the_same(app_context: Flask) -> None:
    with transaction():
        first, second = (files.put(CONTENT, "application/pdf") for _ in range(2))
    assert first.name != second.name


def test_a_file_that_was_lost_is_told_from_a_file_that_never_was(app_context: Flask) -> None:
    with transaction():
        name = files.put(CONTENT, "application/pdf").name
    files.store().remove(name)
    with pytest.raises(FileNotFoundError):
        files.store().open(name)


def test_too_large_a_file_leaves_nothing(app_context: Flask) -> None:
    with pytest.raises(BadInput, match="超过"), transaction():
        files.put(CONTENT, "application/pdf", limit=1024)
    assert stored(app_context) == []


def test_a_file_whose_row_was_not_committed_is_collected_and_others_stay(app_context: Flask) -> None:
    with transaction():
        kept = files.put(CONTENT, "application/pdf").name
    with pytest.raises(RuntimeError), transaction():
        files.put(CONTENT, "application/pdf")
        raise RuntimeError
    assert len(stored(app_context)) == 2
    assert files.collect_orphans() == 0, "it may belong to a transaction that is still open"
    with later(days=2):
        assert files.collect_orphans(older_than=timedelta(days=1)) == 1
    assert stored(app_context) == [kept]
    db.session.rollback()
