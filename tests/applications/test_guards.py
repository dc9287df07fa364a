"""domain.md §3, cell by cell: who may do what with a guarantee in which state, on which lot, by which issuer.

`guards.csv` is written by hand from the manual and the law, not from the code's answers. Its first row that fits a
cell says how the door answers: the status, and the sentence to the character.
"""

import csv
import html
import logging
import re
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.applications.guarded import ACTIONS, ISSUERS, LOTS, PEOPLE, STATES, Guarded
from tests.orders.scene import Scene

Cell = tuple[str, str, str, str, str]
SENTENCE = re.compile(r'class="(?:alert stop|trouble)".*?<p>(.*?)</p>', re.S)
ROWS = list(csv.reader((Path(__file__).parent / "guards.csv").read_text().splitlines()[1:]))
PARTS = [set(PEOPLE), set(ACTIONS), set(STATES), set(LOTS), set(ISSUERS)]


def row_of(cell: Cell) -> int:
    """The first row that fits; a part is `*`, or names joined by `|`."""
    for n, row in enumerate(ROWS):
        if all(wanted == "*" or part in wanted.split("|") for wanted, part in zip(row[:5], cell, strict=True)):
            return n
    raise AssertionError(f"no row says {cell}")


def told(answer: TestResponse) -> list[str]:
    """As a row ends: the status, and what the person reads."""
    if answer.status_code in (200, 422):
        return [str(answer.status_code), ""]
    if answer.is_json:
        return [str(answer.status_code), answer.json["message"]]
    sentence = SENTENCE.search(answer.text)
    return [str(answer.status_code), html.unescape(sentence[1]) if sentence else ""]


@pytest.fixture
def quiet() -> Iterator[None]:
    """No line a request: there are thousands."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


def test_the_table_names_what_there_is() -> None:
    for row in ROWS:
        for wanted, known in zip(row[:5], PARTS, strict=True):
            assert wanted == "*" or set(wanted.split("|")) <= known, row


def test_every_cell_is_settled_and_every_row_settles_some() -> None:
    cells = list(product(PEOPLE, ACTIONS, STATES, LOTS, ISSUERS))
    assert len(cells) == 20_160
    used = Counter(row_of(cell) for cell in cells)
    assert [row for n, row in enumerate(ROWS) if not used[n]] == []


@pytest.mark.usefixtures("quiet")
def test_every_door_answers_as_the_table_says(stage: Scene) -> None:
    guarded, cells, wrong = Guarded(stage), 0, []
    delegated = "招标代理（受托）"
    for people in ([who for who in PEOPLE if who != delegated], [delegated]):
        if delegated in people:
            guarded.delegate()
        for at in guarded.standings():
            for who, action in product(people, ACTIONS):
                if not at.tried_by(who, action):
                    continue
                cells += 1
                expected = ROWS[row_of((who, action, at.state, at.lot, at.issuer))][5:]
                if (found := told(guarded.answer(who, action, at))) != expected:
                    wrong.append((who, action, at.state, at.lot, at.issuer, found, expected))
    assert wrong == [], f"{len(wrong)} of {cells} cells, the first: {wrong[:8]}"
    assert cells == 4_305
