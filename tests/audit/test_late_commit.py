"""PostgreSQL numbers lines before it shows them: a lower id may become visible after a higher one."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import chain
from app.db import db
from tests.audit.trail import order, written

pytestmark = pytest.mark.postgresql


def test_a_line_that_commits_late_is_not_passed_over(app_context: Flask) -> None:
    with db.engine.connect() as slow, slow.begin():
        slow.execute(
            text(
                "INSERT INTO audit_line (at, subject, text, actor, actor_label) "
                "VALUES (now(), 'DD0', '晚提交', 'system', '系统')"
            )
        )
        written(3)
        assert [no for no, _words in order()] == [1, 2, 3], "whose transaction is open is not waited for"
    chain.seal()
    assert order()[3] == (4, "晚提交")
    lowest = db.session.scalar(text("SELECT chain_no FROM audit_line ORDER BY id LIMIT 1"))
    assert lowest == 4, "its id is lower than those of lines chained before it"
