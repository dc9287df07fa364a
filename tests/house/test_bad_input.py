"""Whatever a browser sends, no page breaks: it answers in words."""

from typing import Any

import pytest
from werkzeug.routing import Rule

from tests.accounts.matrix import LETTERS, MATRIX
from tests.orders.scene import Scene
from tests.support.people import login_as

pytestmark = pytest.mark.postgresql  # it takes less than SQLite

NASTY = ("a\x00b", "9" * 30, "１２🐲" * 30)
NAMES = (
    "q", "page", "state", "region", "category", "after", "before", "type", "no", "code", "status", "policy",
    "kind", "lot", "product", "terms", "note", "reason", "revision", "next", "phone", "name", "uscc", "amount",
    "agree", "purpose", "handler_name", "handler_id_no", "handler_phone", "role", "institution", "outcome",
    "files", "words", "payload", "result", "resolve_note", "amend_note", "skip_note",
)  # fmt: skip


def address(rule: Rule, value: str) -> str:
    """The rule's address with this value in every place that takes text, 1 where a number belongs."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        values[name] = 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else value.replace("/", "_")
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_breaks(stage: Scene, method: str) -> None:
    """Each asked by somebody who may enter it."""
    stage.lot()
    broken = []
    for rule in stage.app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.endpoint == "static" or rule.rule.startswith("/openapi/"):
            continue
        client = stage.app.test_client()
        if letters := MATRIX[rule.endpoint].replace("v", ""):
            login_as(client, LETTERS[letters[0]])
        for value in NASTY:
            said = dict.fromkeys(NAMES, value)
            where = address(rule, value)
            answer = client.get(where, query_string=said) if method == "GET" else client.post(where, data=said)
            if answer.status_code == 500:
                broken.append((rule.endpoint, value[:10]))
    assert broken == []
