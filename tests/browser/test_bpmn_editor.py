"""The drawing editor as an operator meets it: our elements in plain Chinese, nothing typed is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Page, expect

from tests.browser.site import EDITING, Site

HERE = Path(__file__).parent / "bundles"
TRIAL = HERE.parents[1] / "studio/root/workflows/trial"
AXE = HERE.parents[2] / "node_modules/axe-core/axe.min.js"
NAMES = {"b": "http://www.omg.org/spec/BPMN/20100524/MODEL", "p": "urn:baohan:policy:1"}

pytestmark = pytest.mark.browser


@pytest.fixture
def site() -> Iterator[Site]:
    pages = ("editor.html", "editor.css", "editor.js", "catalogue.json")
    site = Site({**{f"/{name}": HERE / name for name in pages}, "/process.bpmn": TRIAL / "process.bpmn"}, EDITING)
    yield site
    site.close()


@pytest.fixture
def editor(page: Page, site: Site) -> Iterator[Page]:
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{site.url}/editor.html")
    expect(page.locator("body[data-ready]")).to_be_attached()
    yield page
    assert heard == [], "the browser complains of nothing"


def saved(page: Page) -> etree._Element:
    return etree.fromstring(page.evaluate("editor.saveXML()").encode())


def one(tree: etree._Element, path: str) -> etree._Element:
    (found,) = tree.xpath(path, namespaces=NAMES)
    return found


def choose(page: Page, name: str) -> None:
    page.get_by_label("图形", exact=True).select_option(label=name)


def test_the_thirty_minutes_are_changed_in_words_and_the_label_follows(editor: Page) -> None:
    choose(editor, "等待（定时） 30 分钟")
    field = editor.get_by_label("多久")
    expect(field).to_have_value("30 分钟")
    field.fill("45分钟")
    field.press("Enter")
    expect(field).to_have_value("45 分钟")
    expect(editor.get_by_label("名称")).to_have_value("45 分钟")
    timer = one(saved(editor), "//b:intermediateCatchEvent[@id='Timeout']")
    assert timer.get("name") == "45 分钟"
    assert one(timer, ".//b:timeDuration").text == "PT45M"


def test_a_shape_is_marked_as_a_step_of_the_home_page_and_unmarked_again(editor: Page) -> None:
    choose(editor, "等待（定时） 30 分钟")
    editor.get_by_text("首页步骤", exact=True).click()
    shown = editor.get_by_label("在网站首页的流程图中列为一步")
    shown.check()
    editor.get_by_label("步骤名称").fill("在线支付")
    editor.get_by_label("一句话说明").fill("核保通过后付款")
    editor.get_by_label("一句话说明").blur()
    phase = one(saved(editor), "//b:intermediateCatchEvent[@id='Timeout']/b:extensionElements/p:phase")
    assert dict(phase.attrib) == {"name": "在线支付", "text": "核保通过后付款"}
    shown.uncheck()
    assert saved(editor).xpath("//p:phase", namespaces=NAMES) == []


def test_a_time_nobody_can_read_is_refused_at_the_field_and_kept_there(editor: Page) -> None:
    choose(editor, "等待（定时） 30 分钟")
    field = editor.get_by_label("多久")
    field.fill("马上")
    field.press("Enter")
    expect(editor.get_by_role("alert")).to_contain_text("看不懂“马上”")
    expect(field).to_have_value("马上")
    assert one(saved(editor), "//b:timeDuration").text == "PT30M"


def test_what_is_still_being_typed_is_saved_too(editor: Page) -> None:
    choose(editor, "流向 是")
    editor.get_by_label("条件", exact=True).fill('check.decision = "同意"')
    assert one(saved(editor), "//b:conditionExpression").text == 'check.decision = "同意"'


def test_one_undo_takes_back_one_decision(editor: Page) -> None:
    choose(editor, "等待（定时） 30 分钟")
    field = editor.get_by_label("多久")
    field.fill("2 小时")
    field.press("Enter")
    expect(editor.get_by_label("名称")).to_have_value("2 小时")
    field.press("Control+z")
    expect(field).to_have_value("30 分钟")
    expect(editor.get_by_label("名称")).to_have_value("30 分钟")


def test_an_operation_is_chosen_from_the_catalogue_with_its_parameters(editor: Page) -> None:
    choose(editor, "系统操作 开立")
    editor.get_by_label("做什么").select_option(label="请求机构承保")
    expect(editor.locator(".editor-panel")).to_contain_text("这是对外部系统的调用")
    editor.get_by_label("金额").fill("=order.amount")
    editor.get_by_label("金额").press("Enter")
    operation = one(saved(editor), "//b:serviceTask[@id='Open']//p:operation")
    assert dict(operation.attrib) == {"name": "trial/call", "result": "opened"}
    assert [dict(parameter.attrib) for parameter in operation] == [
        {"name": "text", "value": "开立"},
        {"name": "amount", "value": "=order.amount"},
    ]


def test_role_form_due_decision_and_message_are_written_as_the_runtime_reads_them(editor: Page) -> None:
    choose(editor, "泳道 系统")
    editor.get_by_label("本泳道的人工任务由谁办理").select_option(label="机构审核员")
    choose(editor, "人工任务 审核")
    expect(editor.locator(".editor-panel")).to_contain_text("check.decision")
    editor.get_by_label("多久之内办完").fill("2天")
    editor.get_by_label("使用的表单").select_option("")
    choose(editor, "查决策表 计算保费")
    editor.get_by_label("结果存为").fill("premium")
    choose(editor, "等待（消息） 已支付")
    editor.get_by_label("等哪个消息").fill("paid")
    editor.get_by_label("等哪个消息").press("Enter")
    tree = saved(editor)
    assert one(tree, "//b:lane[@id='Lane_system']//p:role").get("code") == "institution_reviewer"
    assert one(tree, "//b:userTask//p:due").get("value") == "P2D"
    assert tree.xpath("//p:form", namespaces=NAMES) == []
    assert dict(one(tree, "//p:decision").attrib) == {"name": "fee", "result": "premium"}
    message = one(tree, "//b:message")
    assert message.get("name") == "paid", "the message nobody waits for any more is gone"
    assert one(tree, "//b:messageEventDefinition").get("messageRef") == message.get("id")


def test_the_whole_drawing_can_be_made_without_a_mouse(editor: Page) -> None:
    choose(editor, "系统操作 取消")
    editor.locator("summary", has_text="绘图").press("Enter")
    editor.get_by_label("附加边界事件", exact=True).select_option(label="出错")
    editor.get_by_role("button", name="附加边界事件所选").press("Enter")
    choose(editor, "系统操作 取消")
    editor.get_by_label("接着添加", exact=True).select_option(label="人工任务")
    editor.get_by_role("button", name="接着添加所选").press("Enter")
    editor.get_by_label("名称").fill("人工取消")
    tree = saved(editor)
    task = one(tree, "//b:userTask[@name='人工取消']")
    assert one(tree, f"//b:sequenceFlow[@targetRef='{task.get('id')}']").get("sourceRef") == "Close"
    boundary = one(tree, "//b:boundaryEvent")
    assert boundary.get("attachedToRef") == "Close"
    assert one(boundary, "b:errorEventDefinition").get("errorRef") is None


def test_findings_stand_on_their_shape_and_lead_to_it(editor: Page) -> None:
    editor.get_by_role("button", name="拒绝 1").click()
    expect(editor.locator(".panel-title")).to_contain_text("开立")
    expect(editor.locator(".panel-findings")).to_have_text("没有“trial/note”这个操作")
    editor.evaluate("editor.setFindings([])")
    expect(editor.locator(".finding-badge")).to_have_count(0)
    expect(editor.locator(".panel-findings")).to_have_count(0)


def test_only_what_a_policy_may_use_is_offered(editor: Page) -> None:
    titles = editor.locator(".djs-palette .entry").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert not [title for title in titles if title.isascii()]
    assert {"人工任务", "系统操作", "查决策表", "先到先走（事件网关）"} <= set(titles)
    editor.evaluate("editor.select('Check')")
    editor.locator(".djs-context-pad .entry[title='更换图形']").click()
    offered = editor.locator(".djs-popup .entry").evaluate_all(
        "all => all.map(one => one.textContent.trim()).filter(Boolean)"
    )
    assert offered == ["系统操作", "发送消息", "等待消息（任务）", "查决策表", "调用流程", "子流程"]


def test_a_form_does_not_stay_behind_on_a_task_that_became_an_operation(editor: Page) -> None:
    editor.evaluate("editor.select('Check')")
    editor.locator(".djs-context-pad .entry[title='更换图形']").click()
    editor.locator(".djs-popup .entry", has_text="系统操作").click()
    task = one(saved(editor), "//b:serviceTask[@name='审核']")
    assert task.xpath(".//p:*", namespaces=NAMES) == []


def test_a_reader_finds_no_accessibility_fault_in_the_panel(editor: Page) -> None:
    for name in ("人工任务 审核", "系统操作 开立", "流向 是", "等待（消息） 已支付", "泳道 系统"):
        choose(editor, name)
        editor.evaluate(AXE.read_text())
        faults = editor.evaluate("axe.run('.editor-panel').then(result => result.violations)")
        assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in faults] == []
