"""The runner of the standard's test cases, over cases of our own, and over the kit's where TCK_DIR points to it."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.rules.tck import command, run

MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="urn:own" name="own">
  <itemDefinition name="tRegion">
    <typeRef>string</typeRef><allowedValues><text>"湘","鄂"</text></allowedValues>
  </itemDefinition>
  <inputData id="amount" name="bid amount"><variable name="bid amount" typeRef="number"/></inputData>
  <inputData id="region" name="region"><variable name="region" typeRef="tRegion"/></inputData>
  <businessKnowledgeModel id="fee" name="fee">
    <variable name="fee"/>
    <encapsulatedLogic>
      <formalParameter name="base" typeRef="number"/>
      <literalExpression><text>base * 0.03</text></literalExpression>
    </encapsulatedLogic>
  </businessKnowledgeModel>
  <decision id="d1" name="premium">
    <variable name="premium" typeRef="number"/>
    <informationRequirement><requiredInput href="#amount"/></informationRequirement>
    <knowledgeRequirement><requiredKnowledge href="#fee"/></knowledgeRequirement>
    <invocation>
      <literalExpression><text>fee</text></literalExpression>
      <binding><parameter name="base"/><literalExpression><text>bid amount</text></literalExpression></binding>
    </invocation>
  </decision>
  <decision id="d2" name="summary">
    <variable name="summary"/>
    <informationRequirement><requiredDecision href="#d1"/></informationRequirement>
    <informationRequirement><requiredInput href="#region"/></informationRequirement>
    <context>
      <contextEntry>
        <variable name="fee" typeRef="number"/><literalExpression><text>premium</text></literalExpression>
      </contextEntry>
      <contextEntry><variable name="where"/><conditional>
        <if><literalExpression><text>region = null</text></literalExpression></if>
        <then><literalExpression><text>"外地"</text></literalExpression></then>
        <else><literalExpression><text>region</text></literalExpression></else>
      </conditional></contextEntry>
      <contextEntry><variable name="rows"/><relation>
        <column name="a"/><column name="b"/>
        <row><literalExpression><text>1</text></literalExpression><literalExpression><text>2</text></literalExpression></row>
      </relation></contextEntry>
      <contextEntry><variable name="twice"/><for iteratorVariable="n">
        <in><literalExpression><text>[1, 2]</text></literalExpression></in>
        <return><literalExpression><text>n * 2</text></literalExpression></return>
      </for></contextEntry>
      <contextEntry><variable name="big"/><filter>
        <in><literalExpression><text>twice</text></literalExpression></in>
        <match><literalExpression><text>item &gt; 2</text></literalExpression></match>
      </filter></contextEntry>
      <contextEntry><variable name="all"/><every iteratorVariable="n">
        <in><list><literalExpression><text>1</text></literalExpression></list></in>
        <satisfies><literalExpression><text>n = 1</text></literalExpression></satisfies>
      </every></contextEntry>
      <contextEntry><variable name="add"/><functionDefinition>
        <formalParameter name="x" typeRef="number"/>
        <literalExpression><text>x + 1</text></literalExpression>
      </functionDefinition></contextEntry>
      <contextEntry>
        <literalExpression>
          <text>{fee: fee, where: where, b: rows.b, big: big, all: all, three: add(2)}</text>
        </literalExpression>
      </contextEntry>
    </context>
  </decision>
  <decisionService id="s" name="service">
    <variable name="service"/>
    <outputDecision href="#d1"/><inputData href="#amount"/>
  </decisionService>
</definitions>"""

CASES = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>own.dmn</modelName>
  <testCase id="1">
    <inputNode name="bid amount"><value xsi:type="xsd:decimal">800</value></inputNode>
    <inputNode name="region"><value xsi:type="xsd:string">{region}</value></inputNode>
    <resultNode name="premium"><expected><value xsi:type="xsd:decimal">24</value></expected></resultNode>
    <resultNode name="summary"><expected>
      <component name="fee"><value xsi:type="xsd:decimal">24.000000001</value></component>
      <component name="where"><value xsi:type="xsd:string">{where}</value></component>
      <component name="b"><list><item><value xsi:type="xsd:decimal">2</value></item></list></component>
      <component name="big"><list><item><value xsi:type="xsd:decimal">4</value></item></list></component>
      <component name="all"><value xsi:type="xsd:boolean">true</value></component>
      <component name="three"><value xsi:type="xsd:decimal">3</value></component>
    </expected></resultNode>
  </testCase>
  <testCase id="2" type="decisionService" invocableName="service">
    <inputNode name="bid amount"><value xsi:type="xsd:string">很多</value></inputNode>
    <resultNode name="premium" errorResult="true"><expected><value xsi:nil="true"/></expected></resultNode>
  </testCase>
</testCases>"""


def write(folder: Path, region: str, where: str) -> Path:
    (folder / "own.dmn").write_text(MODEL, encoding="utf-8")
    (folder / "own-test-01.xml").write_text(CASES.format(region=region, where=where), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("region", "where"), [("湘", "湘"), ("京", "外地")])
def test_boxed_expressions_services_and_allowed_values_work_together(tmp_path, region, where):
    assert [outcome.trouble for outcome in run(write(tmp_path, region, where))] == ["", ""]


def test_the_command_closes_with_the_count(tmp_path):
    result = CliRunner().invoke(command, [str(write(tmp_path, "湘", "湘"))])
    assert result.output.splitlines()[-1] == "2 passed, 0 failed"
    assert result.exit_code == 0


def test_a_failure_is_one_line_with_what_was_expected_and_what_came(tmp_path):
    result = CliRunner().invoke(command, [str(write(tmp_path, "湘", "鄂"))])
    first, last = result.output.splitlines()
    assert first.startswith("own-test-01/1: summary: expected {")
    assert last == "1 passed, 1 failed"
    assert result.exit_code == 1


if "TCK_DIR" in os.environ:  # the kit is no part of the project

    def test_the_kit_passes_but_for_external_functions():
        outcomes = list(run(Path(os.environ["TCK_DIR"])))
        assert len(outcomes) > 100
        assert [one for one in outcomes if one.trouble and "external functions" not in one.trouble] == []
