"""Where one can go. Entries whose endpoint is not there yet are left out, so pages stand before all features do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _l

STAFF = frozenset({"centre_reviewer", "institution_reviewer", "institution_admin", "operator", "publisher", "auditor"})
ENTITY = frozenset({"bidder", "tenderer", "tender_agent"})
EVERYONE = STAFF | ENTITY


@dataclass(frozen=True)
class Entry:
    """One word of a menu. `roles` empty: everyone, visitors too. `within`: prefixes of endpoints it stands for."""

    label: object
    endpoint: str
    roles: frozenset[str] = frozenset()
    within: tuple[str, ...] = ()
    about: object = ""


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    current: bool
    about: str


TOP = (
    Entry(_l("首页"), "portal.home"),
    Entry(_l("帮助中心"), "portal.help"),
    Entry(
        _l("机构接入申请"),
        "institutions.entry",
        within=("institutions.admission", "institutions.acceptance", "institutions.progress", "institutions.correct"),
    ),
    Entry(_l("在线投诉"), "complaints.new"),
)

WORK: tuple[tuple[object, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(_l("工作中心"), "portal.work", EVERYONE),
            Entry(
                _l("待办任务"),
                "desk.index",
                STAFF - {"auditor"},
                ("desk.",),
                about=_l("按角色和地区分给您的待办，领取后办理"),
            ),
        ),
    ),
    (
        _l("投标保函"),
        (
            Entry(
                _l("保函申请"),
                "applying.types",
                frozenset({"bidder"}),
                ("applying.",),
                about=_l("选择产品、标段和出函机构，提交申请"),
            ),
            Entry(
                _l("保函订单"),
                "orders.index",
                frozenset({"bidder"}),
                ("orders.",),
                about=_l("查看进展，获取支付，放弃申请，开具发票"),
            ),
            Entry(
                _l("我的保函"),
                "guarantees.index",
                ENTITY,
                ("guarantees.", "favour.", "apply."),
                about=_l("查看和下载保函，申请延期、退保、注销或理赔"),
            ),
            Entry(
                _l("申请记录"),
                "applications.index",
                ENTITY,
                ("applications.",),
                about=_l("延期、退保、注销和理赔申请的进展"),
            ),
            Entry(
                _l("我的发票"), "invoices.index", frozenset({"bidder"}), ("invoices.",), about=_l("开票申请的处理结果")
            ),
        ),
    ),
    (
        _l("机构"),
        (
            Entry(
                _l("金融机构"),
                "institutions.index",
                frozenset({"operator", "auditor"}),
                ("institutions.detail", "institutions.go_offline", "institutions.reveal"),
                about=_l("接入的机构，上线与下线"),
            ),
            Entry(
                _l("接口验收"),
                "acceptance.index",
                frozenset({"operator", "auditor", "centre_reviewer"}),
                ("acceptance.",),
                about=_l("机构接口逐项检查的报告"),
            ),
            Entry(
                _l("本机构"),
                "institutions.own",
                frozenset({"institution_admin"}),
                ("institutions.own",),
                about=_l("本机构的审核员、联系方式和接口密钥"),
            ),
        ),
    ),
    (
        _l("流程与规则"),
        (
            Entry(
                _l("流程工作室"),
                "studio.index",
                frozenset({"operator", "publisher", "auditor"}),
                ("studio.",),
                about=_l("修改流程图、决策表和表单，审批后生效"),
            ),
            Entry(
                _l("内容维护"),
                "editing.index",
                frozenset({"operator"}),
                ("editing.",),
                about=_l("产品类型、原因代码、通知文本和网站内容"),
            ),
            Entry(
                _l("异常处理"),
                "incidents.index",
                frozenset({"operator", "auditor"}),
                ("incidents.",),
                about=_l("系统不能自动完成的步骤：重试、更正或跳过"),
            ),
            Entry(
                _l("资金台账"),
                "funds.index",
                frozenset({"operator", "auditor"}),
                about=_l("停留超过时限的保费、退款和赔款，以及办理情况"),
            ),
        ),
    ),
    (
        _l("人员与审计"),
        (
            Entry(
                _l("人员管理"),
                "staff.index",
                frozenset({"operator", "auditor", "institution_admin"}),
                ("staff.",),
                about=_l("角色、地区、代办、离职，邀请新的人员"),
            ),
            Entry(
                _l("紧急启封"),
                "break_glass.index",
                frozenset({"operator", "centre_reviewer", "publisher", "auditor"}),
                ("break_glass.",),
                about=_l("开标前经两人办理，限时查阅一个标段的投标人"),
            ),
            Entry(
                _l("业务查询"),
                "oversight.list_cases",
                frozenset({"auditor"}),
                ("oversight.case",),
                about=_l("所有业务的办理过程；开标前不含投标人和标段"),
            ),
            Entry(
                _l("审计日志"),
                "oversight.audit_trail",
                frozenset({"auditor"}),
                about=_l("谁、何时、对哪个编号做了什么"),
            ),
            Entry(
                _l("审计存证"),
                "evidence.index",
                frozenset({"operator", "auditor"}),
                about=_l("审计日志的链、每晚的签名检查点"),
            ),
        ),
    ),
    (
        _l("我的"),
        (
            Entry(_l("通知消息"), "notices.index", EVERYONE, ("notices.",), about=_l("项目变更、办理结果和报警")),
            Entry(_l("我的投诉"), "complaints.mine", ENTITY, ("complaints.",), about=_l("提交过的投诉和处理情况")),
            Entry(
                _l("用户信息"), "accounts.profile", EVERYONE, ("accounts.profile",), about=_l("基本信息和经办人信息")
            ),
        ),
    ),
)


def top() -> list[Link]:
    return _links(TOP, role=None)


def work(role: str | None) -> list[tuple[str, list[Link]]]:
    """The work centre's menu for a role: (heading, links), no empty headings."""
    found = [(str(heading), _links(entries, role)) for heading, entries in WORK]
    return [(heading, links) for heading, links in found if links]


def known(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def link(endpoint: str, **args: Any) -> str | None:
    """The address of an endpoint, or None while nobody has built it."""
    return url_for(endpoint, **args) if known(endpoint) else None


def _links(entries: Iterable[Entry], role: str | None) -> list[Link]:
    shown = [e for e in entries if known(e.endpoint) and (not e.roles or role in e.roles)]
    here = _current(shown)
    return [Link(str(e.label), url_for(e.endpoint), e is here, str(e.about)) for e in shown]


def _current(entries: list[Entry]) -> Entry | None:
    """The entry the present page belongs to: its own, else the one with the longest matching prefix."""
    endpoint = request.endpoint or ""
    for entry in entries:
        if entry.endpoint == endpoint:
            return entry
    owners = [(len(p), e) for e in entries for p in e.within if endpoint.startswith(p)]
    return max(owners, key=lambda pair: pair[0])[1] if owners else None
