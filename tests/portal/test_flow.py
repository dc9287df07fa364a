"""保函申请流程 on the home page is what the published order drawing marks for the public."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit import SYSTEM
from app.db import transaction
from app.portal import flow
from app.runtime import definitions, parser
from app.settings import ROOT

SHIPPED = (ROOT / "workflows/order/process.bpmn").read_text()


@pytest.fixture
def publish(app: Flask):
    def enter(drawing: str) -> None:
        files = {**definitions.seeds(ROOT)["order"], "process.bpmn": drawing}
        with app.app_context(), transaction():
            definitions.publish("order", files, by=SYSTEM)

    return enter


def steps(client: FlaskClient) -> list[tuple[str, str, str]]:
    """(who, name, limit) of each step that home shows."""
    page = client.get("/").text
    found = re.findall(r'<li class="column-\d row-\d">(.*?)</li>', page, re.S)
    parts = [
        [re.search(rf"<{tag}>(.*?)</", one) for tag in ("b", 'span class="who"', 'p class="within"')] for one in found
    ]
    return [(who.group(1), name.group(1), limit.group(1) if limit else "") for name, who, limit in parts]


def test_home_shows_the_steps_of_the_drawing_with_who_acts_and_how_long(client, publish):
    publish(SHIPPED)
    assert steps(client) == [
        ("投标人", "提交申请", ""),
        ("机构", "机构核保", ""),
        ("投标人", "在线支付", "限 30 分钟内"),
        ("平台", "出函核验", ""),
        ("平台", "下载保函", ""),
    ]


def test_a_changed_drawing_changes_the_picture(client, publish):
    publish(SHIPPED)
    changed = SHIPPED.replace(">PT30M<", ">PT1H30M<").replace('name="机构核保"', 'name="机构审查"')
    publish(changed.replace('<policy:phase name="下载保函" text="短信通知，随时查看、下载和查验" />', ""))
    found = steps(client)
    assert [name for _who, name, _limit in found] == ["提交申请", "机构审查", "在线支付", "出函核验"]
    assert found[2][2] == "限 1 小时 30 分钟内"


@pytest.mark.parametrize("drawing", ["", re.sub(r"<policy:phase [^>]*/>", "", SHIPPED)])
def test_where_nothing_is_published_or_marked_nothing_is_drawn(client, publish, drawing):
    if drawing:
        publish(drawing)
    page = client.get("/")
    assert page.status_code == 200
    assert "保函申请流程" not in page.text


def test_lines_lead_from_step_to_step_between_the_lanes():
    diagram, _findings = parser.read("order", {"process.bpmn": SHIPPED.encode()})
    picture = flow.drawn(diagram)
    assert picture.lanes == ("投标人", "机构", "平台")
    assert picture.ways == ["M92 50H100V150H108", "M192 150H200V50H208", "M292 50H300V250H308", "M392 250H400V250H408"]


def test_a_time_limit_at_the_edge_counts_and_one_from_a_table_does_not():
    diagram, _findings = parser.read("order", {"process.bpmn": SHIPPED.encode()})
    assert flow.limit(diagram, diagram.elements["underwriting_stage"]) is None
    assert flow.limit(diagram, diagram.elements["chase"]).total_seconds() == 8 * 3600
