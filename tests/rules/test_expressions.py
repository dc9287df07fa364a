"""What an operator writes in a condition, and what comes back."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app import rules
from app.rules.parser import parse

FACTS = {
    "订单": {"金额": 79, "状态": "待支付", "明细": [{"单价": 1}, {"单价": 2.5}]},
    "region": "430000",
    "bid deadline": datetime(2026, 11, 30, 9, tzinfo=UTC),
}

ANSWERS = [
    ('订单.金额 <= 80 and region in ("430000", "430100")', True),
    ("sum(订单.明细.单价)", Decimal("3.5")),
    ("订单.明细[单价 > 1].单价", [Decimal("2.5")]),
    ("订单.没有的 = null", True),
    ("for i in 3..1 return i * 2", [6, 4, 2]),
    ("some x in [1, 2], y in [3, 0] satisfies x > y", True),
    ("every x in [] satisfies x > 1", True),
    ('{a b: 1, "c-d": 2, e+f: 3, g: e+f + a b}.g', 4),
    ("if missing > 1 then 1 else 2", 2),
    ("(function(a: number) a * 2)(a: 4)", 8),
    ("5 in (< 5, > 10)", False),
    ("5 in ]1..5]", True),
    ("5 between 1 and 5 and true", True),
    ('date("2026-01-31") + duration("P1M")', datetime(2026, 2, 28).date()),
    ('bid deadline - @"2026-11-29T09:00:00Z" > @"PT23H"', True),
    ("0.1 + 0.2 = 0.3", True),
    ("-3 ** 2", 9),
    ("[1, 2, 3][-1]", 3),
    ("false and missing", False),
    ("true and missing", None),
    ('"a" + 1', None),
    ('string join(["甲", "乙"], "、")', "甲、乙"),
    ("1 instance of number", True),
    ("// 注释\n 1 /* 中间 */ + 1", 2),
]


@pytest.mark.parametrize(("text", "value"), ANSWERS, ids=[text for text, _ in ANSWERS])
def test_an_expression_answers(text, value):
    expression = rules.compile(text)
    assert expression.evaluate(FACTS) == value
    assert expression.explain(FACTS).value == value


@pytest.mark.parametrize("text", [text for text, _ in ANSWERS])
def test_what_is_printed_reads_back_as_the_same(text):
    tree = rules.compile(text).tree
    assert parse(rules.shown(tree), ["e+f"]) == tree


def test_now_is_the_moment_the_caller_gives():
    moment = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    expression = rules.compile('today() = date("2026-11-24") and now() = @"2026-11-23T17:00:00Z"')
    assert expression.evaluate({}, now=moment) is True


def test_the_names_and_paths_an_expression_takes_are_known():
    expression = rules.compile("order.amount > 1 and count(items[price > 2]) > limit and {a: 1, b: a}.b = 1")
    assert expression.names == {"order", "items", "limit"}
    assert ("order", "amount") in expression.paths


def test_an_explanation_names_the_inputs_and_says_why_something_is_null():
    explanation = rules.compile("regoin = 1 or 订单.金额 > 80").explain(FACTS)
    assert explanation.value is None or explanation.value is False
    assert explanation.inputs == {"订单.金额": Decimal(79)}
    assert "region" in explanation.notes[0].zh
    assert "did you mean" in explanation.notes[0].en


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("1 +", 1, 3, "还缺值"),
        ("a，b", 1, 2, "半角"),
        ("if a then\n b", 2, 2, "else"),
        ('"abc', 1, 1, "引号"),
        ("a = = b", 1, 5, "应为值"),
        ("x.__class__", 1, 3, "下划线"),
        ("", 1, 1, "空"),
        ("{a: 1, a: 2}", 1, 5, "两次"),
        ("a == 1", 1, 3, "请写“=”"),
        ("a && b", 1, 3, "请写“and”"),
        ("a = None", 1, 5, "请写“null”"),
        ("a in ['x']", 1, 7, '请写“"'),
        ('@"2026-13-01"', 1, 2, "日期"),
    ],
)
def test_a_wrong_text_is_refused_with_its_place(text, line, column, said):
    with pytest.raises(rules.RuleSyntaxError) as caught:
        rules.compile(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert said in caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize(
    ("cell", "value", "passes"),
    [
        ("-", None, True),
        ('"a","b"', "b", True),
        ('not("x", "y")', "z", True),
        ('not("x", "y")', "x", False),
        ("[1..100]", 100, True),
        ("(1..100)", 1, False),
        ("> 5, < 3", 4, False),
        ("? > limit", 6, True),
        ('not(contains(?, "a"))', "xa", False),
        ("<= 5", None, False),
        ("null", None, True),
        ("true", False, False),
        ("limit", 5, True),
        ("allowed", "b", True),
    ],
)
def test_a_cell_lets_values_pass(cell, value, passes):
    assert rules.unary(cell).matches(value, {"limit": 5, "allowed": ["a", "b"]}) is passes


def test_durations_and_moments_are_read_from_text():
    assert rules.parse_duration("-PT5M") == timedelta(minutes=-5)
    assert rules.parse_duration("P1Y2M") == rules.Months(14)
    assert rules.parse_datetime("2026-11-23T09:00:00@Asia/Shanghai").utcoffset() == timedelta(hours=8)
    with pytest.raises(ValueError, match=r"P1\.5M"):
        rules.parse_duration("P1.5M")


def test_the_examples_of_the_operators_page_are_expressions():
    page = (Path(__file__).parents[2] / "docs" / "feel.md").read_text(encoding="utf-8")
    examples = [re.split(r" {3,}", line)[0] for line in page.split("```")[1].strip().splitlines()]
    assert len(examples) > 5
    for example in examples:
        assert rules.compile(example).names
