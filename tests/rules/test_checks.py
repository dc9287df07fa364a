"""What the studio tells an operator about a table before it is published."""

from decimal import Decimal

import pytest

from app import rules

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t"><decision id="d" name="d">'


def check(rows, policy="UNIQUE", allowed="", output_allowed="", default=""):
    """A table over 金额 (number) and 地区 (string); a row is its cells' texts."""

    def cells(tag, texts):
        return "".join(f"<{tag}><text><![CDATA[{text}]]></text></{tag}>" for text in texts)

    rules_ = "".join(f"<rule>{cells('inputEntry', row[:2])}{cells('outputEntry', row[2:])}</rule>" for row in rows)
    inputs = (
        '<input label="金额"><inputExpression typeRef="number"><text>金额</text></inputExpression></input>'
        '<input label="地区"><inputExpression typeRef="string"><text>地区</text></inputExpression>'
        + (cells("inputValues", [allowed]) if allowed else "")
        + "</input>"
    )
    output = f'<output name="费率" typeRef="number">{cells("outputValues", [output_allowed]) if output_allowed else ""}'
    output += (cells("defaultOutputEntry", [default]) if default else "") + "</output>"
    table = f'<decisionTable hitPolicy="{policy}">{inputs}{output}{rules_}</decisionTable>'
    model = rules.load_dmn(f"{HEAD}{table}</decision></definitions>".encode())
    return model, rules.check_table(model, "d")


def kinds(findings):
    return [finding.kind for finding in findings]


def test_a_complete_table_has_no_findings():
    _, findings = check([("<= 10", "-", "1"), ("> 10", '"湘"', "2"), ("> 10", 'not("湘")', "3")])
    assert findings == []


def test_an_overlap_under_unique_names_both_rules_and_its_example_really_matches_both():
    model, findings = check([("[0..10]", "-", "1"), (">= 10", '"湘"', "2"), ("> 10", "-", "3"), ("< 0", "-", "3")])
    overlaps = [finding for finding in findings if finding.kind == "overlap"]
    assert [finding.rules for finding in overlaps] == [(1, 2), (2, 3)]
    for overlap in overlaps:
        assert model.explain("d", overlap.example).matched == overlap.rules


def test_a_gap_has_an_example_that_no_rule_matches():
    model, findings = check([("< 10", "-", "1"), ("> 10", '"湘","鄂"', "2")])
    assert kinds(findings) == ["gap", "gap"]
    assert {finding.example["金额"] for finding in findings} == {Decimal(10), Decimal(11)}
    for gap in findings:
        assert model.explain("d", gap.example).matched == ()


@pytest.mark.parametrize(("policy", "default"), [("COLLECT", ""), ("UNIQUE", "0")])
def test_no_gap_is_told_where_one_is_meant(policy, default):
    assert check([("< 10", "-", "1")], policy, default=default)[1] == []


def test_a_rule_behind_rules_that_cover_it_is_unreachable_under_first():
    _, findings = check([("< 10", "-", "1"), (">= 10", "-", "2"), ("5", '"湘"', "3")], "FIRST")
    assert [(finding.kind, finding.rules) for finding in findings] == [("unreachable", (3,))]


def test_equal_rules_are_duplicates_however_they_are_written():
    _, findings = check([("[1..5]", "-", "1"), (">= 1", "-", "2"), ("< 1", "-", "2"), ("[1..5]", "-", "1.0")], "ANY")
    assert ("duplicate", (1, 4)) in [(finding.kind, finding.rules) for finding in findings]


def test_a_cell_that_nothing_passes_is_named():
    _, findings = check([("[5..1]", "-", "1"), ("-", "-", "2")], "FIRST")
    assert (findings[0].kind, findings[0].rules, findings[0].column) == ("never", (1,), 1)


def test_values_outside_the_allowed_lists_are_named_with_their_cell():
    _, findings = check([("-", '"湘"', "1"), ("-", '"京"', "7")], allowed='"湘","鄂"', output_allowed="1, 2, 3")
    told = [(finding.kind, finding.rules, finding.column) for finding in findings]
    assert ("cell_not_allowed", (2,), 2) in told
    assert ("cell_not_allowed", (2,), 3) in told
    assert "gap" in kinds(findings)


def test_a_value_of_another_type_is_named():
    _, findings = check([('"湘"', "-", "1"), ("-", "5", '"高"')])
    assert [(f.kind, f.rules, f.column) for f in findings if f.kind == "cell_type"] == [
        ("cell_type", (1,), 1),
        ("cell_type", (2,), 2),
        ("cell_type", (2,), 3),
    ]
    assert "数字" in findings[0].zh


def test_cells_over_other_names_are_left_alone():
    assert check([("> 限额", "-", "1"), ("<= 限额", "-", "2")])[1] == []


def test_a_large_table_is_checked_quickly():
    rows = [(f"[{n}..{n + 1})", f'"r{n % 7}"', str(n)) for n in range(200)]
    assert "gap" in kinds(check(rows)[1])
