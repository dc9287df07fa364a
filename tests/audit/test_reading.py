"""What a look at the trail costs: it reads what it asks for, however long the trail is."""

import pytest
from flask import Flask

from app.audit import chain
from app.db import db
from app.statements import Statement


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (chain._ANY, "ix_audit_line_unchained"),
        (chain._UNCHAINED, "ix_audit_line_unchained"),
        (chain._OLDEST, "ix_audit_line_unchained"),
        (chain._STRETCH, "ix_audit_line_chain (chain_no>"),
        (chain._HASH, "ix_audit_line_chain (chain_no="),
    ],
)
def test_each_look_goes_by_its_index(app_context: Flask, statement: Statement, index: str) -> None:
    sqlite = db.session.connection().connection.driver_connection
    assert sqlite is not None
    plan = sqlite.execute(f"EXPLAIN QUERY PLAN {statement.sqlite}", {"limit": 1, "after": 1, "no": 1})
    assert any(index in line[3] for line in plan)
