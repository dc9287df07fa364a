"""Before a lot is opened no page, list, export, count, figure or error tells anybody who bids, or how many."""

import re
from collections import defaultdict

import pytest

from app.protocol.calls import C3
from tests.orders.scene import Scene
from tests.secrecy.eyes import Seen, seen
from tests.secrecy.life import ALSO, BIDDERS, LOTS, UNWANTED, WANTED, Life, lived

PREMIUMS = ("1,837.04", "1837.04", "3,061.73", "3061.73")
Walked = tuple[Life, list[Seen], Scene]
_kept: list[Walked] = []


@pytest.fixture
def walked(stage: Scene) -> Walked:
    """What was lived, and what everybody was shown of it; once."""
    if not _kept:
        life = lived(stage)
        _kept.append((life, list(seen(stage.app, life)), stage))
    return _kept[0]


def test_everybody_walked_through_much(walked: Walked) -> None:
    """What is searched below is not empty: nobody was shown nothing, and most doors were closed."""
    _life, pages, _stage = walked
    opened = defaultdict[str, int](int)
    for page in pages:
        opened[page.who] += page.status == 200
        assert page.status < 500, (page.who, page.path)
    assert min(opened.values()) > 15, dict(opened)
    assert any(page.who == "operator" and page.path.startswith("/desk/incidents/") for page in pages)


def test_nobody_is_shown_who_bids(walked: Walked) -> None:
    """But for what somebody complains of, and so tells the centre and whoever oversees it."""
    _life, pages, _stage = walked
    pages = [page for page in pages if not re.search("/cases/complaint/|投诉内容", page.path + page.text)]
    words = {word for who in BIDDERS for word in (who["name"], who["uscc"], *who["handler"].values())}
    found = {(page.who, page.path, word) for page in pages for word in words if word in page.text}
    assert sorted(found) == []


def test_nobody_is_shown_a_premium(walked: Walked) -> None:
    """It is the lot's bond times a rate that everybody knows."""
    _life, pages, _stage = walked
    pages = [page for page in pages if not re.search("/cases/complaint/|投诉内容", page.path + page.text)]
    found = {(page.who, page.path, word) for page in pages for word in PREMIUMS if word in page.text}
    assert sorted(found) == []


def test_no_page_joins_a_lot_and_an_order(walked: Walked) -> None:
    life, pages, _stage = walked
    found = [
        (page.who, page.path)
        for page in pages
        if any(lot in page.text for lot in LOTS) and any(no in page.text for no in life.numbers)
    ]
    assert found == []


def test_a_wanted_lot_is_shown_as_one_that_nobody_wants(walked: Walked) -> None:
    _life, pages, _stage = walked
    shown = defaultdict[tuple[str, str], dict[str, tuple[int, str]]](dict)
    for page in pages:
        for lot in LOTS:
            if lot in page.path and not re.search(":E\\d+", page.path):
                shown[page.who, page.path.replace(lot, "#")][lot] = page.status, _even(page.text, lot)
    assert len(shown) > 40
    differing = [place for place, by_lot in shown.items() if by_lot.get(WANTED) != by_lot.get(UNWANTED)]
    differing += [place for place, by_lot in shown.items() if by_lot.get(ALSO) != by_lot.get(UNWANTED)]
    assert differing == []


def test_c3_answers_the_same_for_a_lot_with_many_with_none_and_for_no_lot(walked: Walked) -> None:
    answers = []
    for lot in (*LOTS, "LOT-NONE"):
        answer = walked[2].trading.say(C3, lot_id=lot)
        answers.append((answer.status, answer.code, answer.message))
    assert len(set(answers)) == 1
    assert answers[0][0] == 403


def _even(text: str, lot: str) -> str:
    """Without what differs between any two lots, or any two askings."""
    text = text.replace(lot, "#")
    text = re.sub(r"<code>[0-9a-f]{16}</code>|[0-9a-f]{16}|:E\d+", "", text)
    text = re.sub(r'nonce="[^"]*"|csrf_token" value="[^"]*"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?', "", text)
    return re.sub(r'data-now="[^"]*"|\d+ (天|小时|分钟?|秒)', "", text)
