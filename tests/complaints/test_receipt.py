"""A complaint was filed: its receipt says when."""

import json

from tests.complaints.conftest import CONTENT, Stage


def test_a_complaint_has_a_receipt_with_its_words(stage: Stage) -> None:
    no = stage.file()
    assert f'href="/receipts/{no}/1"' in stage.page(no)
    assert "收到：提交投诉" in stage.client().get(f"/receipts/{no}/1").text
    said = stage.client().get(f"/receipts/{no}/1/file").json
    assert CONTENT in json.dumps(json.loads(said["sent"]), ensure_ascii=False)
    assert "lot_no" not in said
