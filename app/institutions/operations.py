"""The institutions' verbs, for the diagrams of admission, acceptance and offline."""

from collections.abc import Mapping
from typing import Any

from app.accounts import invitations, staff
from app.accounts.roles import Role
from app.audit import record
from app.errors import Conflict
from app.institutions import endpoint, joining, offline, standing
from app.institutions.cases import code_of
from app.institutions.catalogue import get
from app.notices import reminding, telling
from app.runtime.operations import Field, OpContext, Operation


class NotAccepted(Conflict):
    """The policy says no; the message is the table's own sentence."""

    code = "not_accepted"


def refuse_application(context: OpContext, reason: str) -> None:
    """The whole application is undone, and who applied reads the table's sentence."""
    raise NotAccepted(reason or "当前不能提交申请")


def receive(context: OpContext, application: Mapping[str, Any]) -> None:
    joining.receive(code_of(context.key), application, _contact(context), by=context.by)


def correct(context: OpContext, application: Mapping[str, Any]) -> None:
    joining.correct(code_of(context.key), application, _contact(context), by=context.by)


def admit(context: OpContext) -> None:
    joining.admit(code_of(context.key), by=context.by)


def refuse_admission(context: OpContext, code: str, reason: str) -> None:
    joining.refuse(code_of(context.key), code, reason, by=context.by)


def send_back(context: OpContext, code: str, reason: str) -> None:
    joining.send_back(code_of(context.key), code, reason, by=context.by)


def submit(context: OpContext, application: Mapping[str, Any]) -> None:
    joining.submit(code_of(context.key), application, by=context.by)


def resubmit(context: OpContext, application: Mapping[str, Any]) -> None:
    joining.resubmit(code_of(context.key), application, by=context.by)


def go_online(context: OpContext) -> None:
    joining.go_online(code_of(context.key), by=context.by)


def fail_acceptance(context: OpContext, code: str, reason: str) -> None:
    joining.fail(code_of(context.key), code, reason, by=context.by)


def invite_admin(context: OpContext) -> None:
    """Its contact becomes its administrator by accepting; not needed where one works already, or nobody applied."""
    institution = get(code_of(context.key))
    admins = [one for one in staff.people(institution.code) if Role.INSTITUTION_ADMIN.value in one.roles]
    if institution.contact and not any(map(staff.works, admins)):
        who = institution.contact
        invitations.invite(
            role=Role.INSTITUTION_ADMIN,
            name=who["name"],
            phone=who["phone"],
            institution=institution.code,
            by=context.by,
        )


def want_endpoint(context: OpContext, wanted: Mapping[str, Any]) -> None:
    endpoint.want(code_of(context.key), wanted, by=context.by)


def change_endpoint(context: OpContext, wanted: Mapping[str, Any]) -> None:
    endpoint.change(code_of(context.key), wanted, by=context.by)


def keep_endpoint(context: OpContext, code: str, reason: str) -> None:
    endpoint.keep(code_of(context.key), code, reason, by=context.by)


def take_offline(context: OpContext, code: str, reason: str) -> None:
    standing.take_offline(code_of(context.key), code, reason, by=context.by)


def bring_back(context: OpContext) -> None:
    standing.bring_back(code_of(context.key), by=context.by)


def propose_offline(context: OpContext, reason: str, institution: str = "", origin: str = "") -> None:
    """Another case finds that an institution should go offline; an operator decides (workflows/offline)."""
    code = institution or code_of(context.key)
    offline.propose(code, reason, origin=origin or context.element_name, key=f"{context.key}:{context.step.number}")


def remind(context: OpContext, text: str, note: str = "") -> None:
    """The reviewers are told by SMS; a `note` stands on the timeline for everybody who sees the institution."""
    if note:
        record(code_of(context.key), note, by=context.by)
    reminding.remind(context, text)


def tell(context: OpContext, text: str, reason: str = "", until: str = "") -> None:
    """An SMS to the applicant, unless nobody applied (an institution entered by hand)."""
    institution = get(code_of(context.key))
    if not institution.contact:
        return
    telling.tell(
        f"institution:{institution.code}",
        text,
        kind="institution",
        about=institution.code,
        link="/institutions/join/progress",
        key=f"{context.policy}:{context.key}:{text}:{context.step.number}",
        places={"name": institution.name, "reason": reason, "until": until[:10]},
    )


def _contact(context: OpContext) -> dict[str, str]:
    return {"contact": context.secret["contact"], "phone": context.secret["phone"]}


CODE = Field("code", "string", "原因代码")
REASON = Field("reason", "string", "原因")
WANTED = Field("wanted", "context", "新接口")
APPLICATION = Field("application", "context", "申请内容")

OPERATIONS = (
    Operation(
        "institutions/refuse_application", refuse_application, title="不予受理（撤销本次申请）", parameters=(REASON,)
    ),
    Operation(
        "institutions/receive",
        receive,
        title="登记准入申请",
        parameters=(APPLICATION,),
        effects=("机构：→准入待审核",),
    ),
    Operation("institutions/correct", correct, title="登记补正的准入申请", parameters=(APPLICATION,)),
    Operation(
        "institutions/admit",
        admit,
        title="准入通过，生成用户和密钥",
        effects=("机构：准入待审核→准入通过",),
    ),
    Operation(
        "institutions/refuse_admission",
        refuse_admission,
        title="准入不通过",
        parameters=(CODE, REASON),
        effects=("机构：准入待审核→准入不通过",),
    ),
    Operation("institutions/send_back", send_back, title="退回补正", parameters=(CODE, REASON)),
    Operation(
        "institutions/submit",
        submit,
        title="登记验收申请",
        parameters=(APPLICATION,),
        effects=("机构：准入通过→上线待审核",),
    ),
    Operation("institutions/resubmit", resubmit, title="登记补正的验收申请", parameters=(APPLICATION,)),
    Operation("institutions/go_online", go_online, title="验收通过，上线", effects=("机构：上线待审核→已上线",)),
    Operation("institutions/invite_admin", invite_admin, title="邀请联系人担任机构管理员", effects=("邀请机构管理员",)),
    Operation(
        "institutions/fail_acceptance",
        fail_acceptance,
        title="验收不通过",
        parameters=(CODE, REASON),
        effects=("机构：上线待审核→准入通过",),
    ),
    Operation("institutions/want_endpoint", want_endpoint, title="登记接口变更申请", parameters=(WANTED,)),
    Operation(
        "institutions/change_endpoint",
        change_endpoint,
        title="启用新接口",
        parameters=(WANTED,),
        effects=("变更机构的接口地址",),
    ),
    Operation("institutions/keep_endpoint", keep_endpoint, title="接口变更不通过", parameters=(CODE, REASON)),
    Operation(
        "institutions/take_offline",
        take_offline,
        title="下线",
        parameters=(CODE, REASON),
        effects=("机构：已上线→已下线",),
    ),
    Operation("institutions/bring_back", bring_back, title="恢复上线", effects=("机构：已下线→已上线",)),
    Operation(
        "institutions/propose_offline",
        propose_offline,
        title="建议机构下线，交业务运营决定",
        parameters=(
            REASON,
            Field("institution", "string", "机构编号（不填：本事项的机构）", required=False),
            Field("origin", "string", "由何而来", required=False),
        ),
    ),
    Operation(
        "institutions/remind",
        remind,
        title="短信提醒审核员",
        parameters=(
            Field("text", "string", "通知文本编号"),
            Field("note", "string", "时间线上的说明", required=False),
        ),
        effects=("短信提醒办理人",),
    ),
    Operation(
        "institutions/tell",
        tell,
        title="短信通知申请机构",
        parameters=(
            Field("text", "string", "通知文本编号"),
            Field("reason", "string", "原因", required=False),
            Field("until", "string", "期限", required=False),
        ),
        effects=("通知申请机构",),
    ),
)
