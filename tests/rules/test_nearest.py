"""What a table that says no would have to be asked instead."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app import rules

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t"><decision id="d" name="d">'
COLUMNS = {
    "生效": ("boolean", "f.ok"),
    "类型": ("string", "f.kind"),
    "金额": ("number", "f.sum"),
    "开标": ("dateTime", "f.at"),
}
NOW = datetime(2026, 1, 5, 2, tzinfo=UTC)
FACTS = {"ok": True, "kind": "bank", "sum": Decimal(50), "at": NOW}


def ways(rows, policy="FIRST", held=(), **changed):
    """The nearest ways to 是; a row is its four cells and the answer."""

    def cells(tag, texts):
        return "".join(f"<{tag}><text><![CDATA[{text}]]></text></{tag}>" for text in texts)

    inputs = "".join(
        f'<input label="{label}"><inputExpression typeRef="{of}"><text>{text}</text></inputExpression></input>'
        for label, (of, text) in COLUMNS.items()
    )
    drawn = "".join(f"<rule>{cells('inputEntry', row[:4])}{cells('outputEntry', row[4:])}</rule>" for row in rows)
    table = f'<decisionTable hitPolicy="{policy}">{inputs}<output name="yes" typeRef="boolean"/>{drawn}</decisionTable>'
    model = rules.load_dmn(f"{HEAD}{table}</decision></definitions>".encode())
    found = rules.nearest(
        model,
        "d",
        {"f": FACTS | changed},
        lambda value: value is True,
        held=held,
        now=NOW,
    )
    return [[(lack.label, lack.wanted, lack.stranger) for lack in way] for way in found]


REFUSALS = [
    ("false", "-", "-", "-", "false"),
    ("-", '"insurer"', "-", "-", "false"),
    ("-", "-", "-", "-", "true"),
]


def test_a_table_that_says_yes_needs_nothing():
    assert ways(REFUSALS) == []


def test_behind_refusals_it_is_the_refusing_cell_that_must_change():
    assert ways(REFUSALS, ok=False) == [[("生效", (True,), False)]]
    assert ways(REFUSALS, kind="insurer") == [[("类型", ("insurer",), True)]]


def test_two_cells_in_the_way_are_told_together():
    assert ways(REFUSALS, ok=False, kind="insurer") == [[("生效", (True,), False), ("类型", ("insurer",), True)]]


def test_each_of_two_ways_is_told():
    both = [("true", '"bank"', "-", "-", "false"), ("-", "-", "-", "-", "true")]
    assert ways(both) == [[("生效", (False,), False)], [("类型", ("bank",), True)]]


def test_a_column_that_will_not_change_offers_no_way():
    both = [("true", '"bank"', "-", "-", "false"), ("-", "-", "-", "-", "true")]
    assert ways(both, held=("f.kind",)) == [[("生效", (False,), False)]]
    assert ways(REFUSALS, kind="insurer", held=("f.kind",)) == []


@pytest.mark.parametrize("policy", ["UNIQUE", "ANY", "FIRST", "PRIORITY"])
def test_a_threshold_is_told_as_the_range_beyond_it(policy):
    rows = [("-", "-", ">= 100", "-", "true"), ("-", "-", "< 100", "-", "false")]
    assert ways(rows, policy) == [[("金额", (rules.Range(Decimal(100), None, True, False),), False)]]


def test_several_ranges_and_values_are_told_each():
    rows = [("-", "-", "(100..200]", "-", "true"), ("-", "-", "300", "-", "true"), ("-", "-", "-", "-", "false")]
    wanted = (rules.Range(Decimal(100), Decimal(200), False, True), Decimal(300))
    assert ways(rows) == [[("金额", wanted, False)]]


def test_a_cell_over_other_names_counts_as_what_it_is_now():
    rows = [("-", "-", "-", "> now()", "false"), ("-", "-", "-", "-", "true")]
    at = NOW + timedelta(hours=1)
    assert ways(rows, at=at) == [[("开标", (rules.Range(None, NOW, False, True),), False)]]


def test_what_no_answer_helps_has_no_way():
    assert ways([("-", "-", "-", "-", "false")]) == []
