"""What holds for every expression and every value."""

import json
import string
from datetime import UTC, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app import rules
from app.rules import syntax
from app.rules.bounds import DEFAULT
from app.rules.kinds import Type
from app.rules.parser import parse, parse_tests

names = st.sampled_from(["a", "金额", "订单 编号", "order", "x1", "?", "bid deadline"])
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**9)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    texts,
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
)
zones = st.sampled_from([None, UTC, timezone(timedelta(hours=-5, minutes=-30)), ZoneInfo("Asia/Shanghai")])
moments = st.one_of(
    st.dates(),
    st.datetimes(timezones=zones),
    st.times(timezones=zones),
    st.timedeltas(min_value=timedelta(days=-(10**6)), max_value=timedelta(days=10**6)),
    st.integers(-(10**6), 10**6).map(rules.Months),
    st.sampled_from(["-0044-03-15", "12026-11-23", "999999999-12-31T23:59:59Z"]).map(
        lambda text: rules.compile(f'@"{text}"').evaluate({})
    ),
)
ranges = st.builds(
    lambda ends, a, b: rules.Range(min(ends), max(ends), a, b),
    st.tuples(numbers, numbers),
    st.booleans(),
    st.booleans(),
)
values = st.recursive(
    st.one_of(scalars, moments, ranges),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(texts, st.just("@")), inner, max_size=4)
    ),
    max_leaves=12,
)

literals = st.one_of(
    numbers.map(syntax.Literal), texts.map(syntax.Literal), st.sampled_from([None, True, False]).map(syntax.Literal)
)


def grown(inner):
    """Trees over trees: every form of the language."""
    sources = st.lists(st.builds(syntax.Source, names, inner, st.one_of(st.none(), inner)), min_size=1, max_size=2).map(
        tuple
    )
    many = st.lists(inner, max_size=3).map(tuple)
    types = st.recursive(
        st.sampled_from(["number", "date and time", "订单类型"]).map(syntax.Type),
        lambda of: st.one_of(
            of.map(lambda one: syntax.Type("list", (one,))),
            st.builds(lambda one, result: syntax.Type("function", (one,), (), result), of, of),
            of.map(lambda one: syntax.Type("context", (one,), ("键",))),
        ),
        max_leaves=3,
    )
    pairs = st.dictionaries(st.one_of(names.filter(lambda n: n != "?"), texts), inner, max_size=3)
    return st.one_of(
        st.builds(syntax.Path, inner, st.sampled_from(["金额", "bid deadline", "time offset"])),
        st.builds(syntax.Filter, inner, inner),
        st.builds(syntax.Call, names.map(syntax.Name), many),
        st.builds(lambda f, a, b: syntax.Call(f, (a, b), ("p q", "甲")), inner, inner, inner),
        st.builds(
            syntax.Binary, st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">="]), inner, inner
        ),
        st.builds(lambda op, a, b, c: flat(op, (a, b, c)), st.sampled_from(["and", "or"]), inner, inner, inner),
        st.builds(syntax.Negation, inner),
        st.builds(syntax.Between, inner, inner, inner),
        st.builds(
            lambda v, op, t, u: syntax.In(v, (syntax.Test(op, t), u)), inner, st.sampled_from(["<", "!="]), inner, inner
        ),
        st.builds(lambda v, t: syntax.In(v, (t,)), inner, inner),
        st.builds(syntax.InstanceOf, inner, types),
        st.builds(syntax.If, inner, inner, inner),
        st.builds(syntax.For, sources, inner),
        st.builds(syntax.Quantified, st.sampled_from(["some", "every"]), sources, inner),
        many.map(syntax.ListLiteral),
        pairs.map(lambda found: syntax.ContextLiteral(tuple(found), tuple(found.values()))),
        st.builds(syntax.RangeLiteral, inner, inner, st.booleans(), st.booleans()),
        st.builds(lambda a, of, body: syntax.FunctionLiteral((syntax.Formal(a, of),), body), names, types, inner),
    )


def flat(operator, operands):
    """A junction whose operands are no junctions of the same operator, as the parser makes them."""
    inner = [
        part
        for operand in operands
        for part in (
            operand.operands if isinstance(operand, syntax.Junction) and operand.operator == operator else (operand,)
        )
    ]
    return syntax.Junction(operator, tuple(inner))


trees = st.recursive(st.one_of(literals, names.map(syntax.Name)), grown, max_leaves=10)
WORDS = [
    *('@"12026-11-23"', "day of week", "week of year"),
    *("a", "金额", "1", ".5", '"x"', "(", ")", "[", "]", "{", "}", ",", ":", "..", ".", "+", "-", "*", "/", "**", "="),
    *("<", ">=", "!=", "@", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or"),
    *("not", "between", "instance of", "number", "function", "null", "true", "count", "matches", "date and time"),
]
words = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


@settings(max_examples=80, deadline=None)
@given(trees)
def test_what_is_printed_reads_back_as_the_same_tree(tree):
    assert parse(rules.shown(tree)) == tree


@settings(max_examples=60, deadline=None)
@given(
    st.lists(trees.filter(lambda tree: not isinstance(tree, syntax.Junction)), min_size=1, max_size=3), st.booleans()
)
def test_printed_cells_read_back_as_the_same_tests(tests, negated):
    cell = syntax.Tests(tuple(tests), negated)
    if not (not negated and len(tests) == 1 and rules.shown(tests[0]).startswith("not(")):
        assert parse_tests(rules.shown(cell)) == cell


@settings(max_examples=80, deadline=None)
@given(trees, st.dictionaries(names, values, max_size=4))
def test_evaluation_raises_only_our_errors_and_gives_only_bounded_values(tree, context):
    expression = rules.compile(rules.shown(tree), types={"订单类型": Type("number")})
    try:
        value = expression.evaluate(context)
    except rules.RuleError:
        return
    assert bounded(value)


def bounded(value, depth=0):
    if isinstance(value, list):
        return len(value) <= DEFAULT.items and all(bounded(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(type(key) is str and bounded(item, depth + 1) for key, item in value.items())
    if isinstance(value, str):
        return len(value) <= DEFAULT.characters
    if isinstance(value, Decimal):
        return value.is_finite()
    return not isinstance(value, (int, float)) or isinstance(value, bool)


@settings(max_examples=150, deadline=None)
@given(st.one_of(words, st.text(max_size=40), st.text(string.printable, max_size=40)))
def test_any_text_compiles_or_says_where_it_is_wrong(text):
    place = (1, 1)
    try:
        rules.compile(text).explain({"a": 1, "金额": [1, 2]})
    except rules.RuleSyntaxError as error:
        place = (error.line, error.column)
    except rules.RuleError:
        return
    assert 1 <= place[0] <= text.count("\n") + 1
    assert 1 <= place[1] <= len(text) + 1


@settings(max_examples=80, deadline=None)
@given(values)
def test_every_value_survives_json(value):
    stored = json.loads(json.dumps(rules.to_json(value)))
    assert same(rules.from_json(stored), value)


def same(left, right):
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, Decimal):
        return left == right and str(left) == str(right)
    return (
        type(left) is type(right) and left == right and getattr(left, "tzinfo", None) == getattr(right, "tzinfo", None)
    )
