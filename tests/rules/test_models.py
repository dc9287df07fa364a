"""Decision models as an operator draws them."""

from decimal import Decimal

import pytest

from app import rules

RULE = "<rule><inputEntry><text>{}</text></inputEntry><inputEntry><text>{}</text></inputEntry>{}</rule>"
RESULT = "<outputEntry><text>{}</text></outputEntry>"
TABLE = (
    """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="保费" namespace="urn:example">
  <decision id="premium" name="保费">
    <decisionTable hitPolicy="{policy}"{aggregation}>
      <input label="金额"><inputExpression typeRef="number"><text>订单.金额</text></inputExpression></input>
      <input label="地区"><inputExpression typeRef="string"><text>地区</text></inputExpression></input>
      <output label="费率" typeRef="number">{values}</output>
"""
    + RULE.format("&lt;= 80", '"湖南","湖北"', RESULT.format(1))
    + RULE.format("[50..100]", 'not("北京")', RESULT.format(2))
    + RULE.format("&gt; 100", "-", RESULT.format("订单.金额 * 0.03"))
    + "</decisionTable></decision></definitions>"
)


def table(policy="UNIQUE", aggregation="", values=""):
    aggregation = f' aggregation="{aggregation}"' if aggregation else ""
    return rules.load_dmn(TABLE.format(policy=policy, aggregation=aggregation, values=values).encode())


def facts(amount, region="湖南"):
    return {"订单": {"金额": amount}, "地区": region}


def test_a_unique_table_answers_with_its_only_matching_rule():
    model = table()
    assert model.evaluate("premium", facts(10)) == 1
    assert model.evaluate("保费", facts(200)) == 6
    assert model.evaluate("premium", facts(10, "北京")) is None


def test_a_unique_table_where_two_rules_match_answers_null_and_names_them():
    trace = table().explain("premium", facts(60))
    assert trace.value is None
    assert any("规则 1、2" in note.zh for note in trace.notes)


@pytest.mark.parametrize(
    ("policy", "aggregation", "value"),
    [
        ("FIRST", "", 1),
        ("RULE ORDER", "", [1, 2]),
        ("COLLECT", "", [1, 2]),
        ("COLLECT", "SUM", 3),
        ("COLLECT", "COUNT", 2),
        ("COLLECT", "MIN", 1),
        ("COLLECT", "MAX", 2),
        ("ANY", "", None),
        ("PRIORITY", "", 2),
        ("OUTPUT ORDER", "", [2, 1]),
    ],
)
def test_every_hit_policy_answers_its_way(policy, aggregation, value):
    model = table(policy, aggregation, "<outputValues><text>2, 1</text></outputValues>")
    assert model.evaluate("premium", facts(60)) == value


def test_a_trace_says_which_rules_matched_which_cell_stopped_the_others_and_the_inputs():
    trace = table().explain("premium", facts(200, "北京"))
    assert trace.matched == (3,)
    assert [(stop.rule, stop.label, stop.test, stop.value) for stop in trace.stopped] == [
        (1, "金额", "<= 80", Decimal(200)),
        (2, "金额", "[50..100]", Decimal(200)),
    ]
    assert trace.inputs == {"地区": "北京", "订单.金额": Decimal(200)}


def test_a_wrong_cell_is_named():
    broken = TABLE.format(policy="UNIQUE", aggregation="", values="").replace("[50..100]", "[50..")
    with pytest.raises(rules.RuleSyntaxError) as caught:
        rules.load_dmn(broken.encode())
    assert "规则 2" in caught.value.zh
    assert "金额" in caught.value.where


def test_an_unknown_decision_names_its_neighbours():
    with pytest.raises(rules.RuleError, match="premium"):
        table().evaluate("premiun", {})


@pytest.mark.parametrize("data", [b"", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "不是".encode()])
def test_what_is_no_dmn_is_refused(data):
    with pytest.raises(rules.RuleSyntaxError):
        rules.load_dmn(data)


def graph(*decisions):
    """A model whose decisions are (name, text, names of those required)."""
    parts = [
        f'<decision id="{name}" name="{name}"><variable name="{name}"/>'
        + "".join(
            f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>' for one in required
        )
        + f"<literalExpression><text>{text}</text></literalExpression></decision>"
        for name, text, required in decisions
    ]
    namespace = 'xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="urn:g"'
    return rules.load_dmn(f"<definitions {namespace}>{''.join(parts)}</definitions>".encode())


def test_a_decision_that_needs_itself_is_refused():
    with pytest.raises(rules.RuleSyntaxError, match="依赖自身"):
        graph(("a", "b", ["b"]), ("b", "a", ["a"]))


def test_a_wide_graph_is_followed_once_and_each_decision_made_once():
    layers = [("a0", "1", []), ("b0", "1", [])]
    for n in range(1, 40):
        below = [f"a{n - 1}", f"b{n - 1}"]
        layers += [(f"{side}{n}", f"a{n - 1} + b{n - 1}", below) for side in "ab"]
    assert graph(*layers).evaluate("a39", {}) == 2**39


def test_every_wrong_text_of_a_model_can_be_collected_at_once():
    broken = TABLE.format(policy="UNIQUE", aggregation="", values="").replace("[50..100]", "[50..").replace("0.03", "")
    errors: list[rules.RuleSyntaxError] = []
    model = rules.load_dmn(broken.encode(), errors=errors)
    assert ["规则 2" in errors[0].where, "规则 3" in errors[1].where] == [True, True]
    assert model.evaluate("premium", facts(10)) == 1
