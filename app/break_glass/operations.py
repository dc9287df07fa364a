"""Early access, for diagrams."""

from collections.abc import Sequence

from app.accounts import reaching
from app.accounts.models import Account
from app.break_glass import access
from app.db import db
from app.errors import NotFound
from app.notices import telling
from app.runtime.operations import Field, OpContext, Operation


def alarm(context: OpContext, text: str, roles: Sequence[str]) -> None:
    """A notice to everybody who holds one of these roles, and an SMS where a phone is known."""
    people = {account.id: account for role in roles for account in reaching.people(role)}
    for account in people.values():
        telling.tell(
            telling.of_staff(account.id),
            text,
            kind="staff",
            about=str(account.id),
            link=f"/work/early-access/{context.key}",
            key=f"{context.policy}:{context.key}:{text}:{account.id}",
            places={"no": context.key},
            sms=bool(_phone(account)),
        )


def phone_of(about: str) -> str:
    """The phone of a staff member, when the SMS is sent."""
    account = db.session.get(Account, int(about))
    phone = _phone(account) if account is not None else ""
    if not phone:
        raise NotFound("该工作人员没有登记手机号")
    return phone


def _phone(account: Account) -> str:
    return str((account.handler or {}).get("phone", ""))


OPERATIONS = (
    Operation("break_glass/open", access.open_access, title="登记紧急启封申请", effects=("启封：→待审批",)),
    Operation(
        "break_glass/grant",
        access.grant,
        title="启封，限时查阅（须由申请人以外的人决定）",
        parameters=(Field("access_for", "string", "查阅时限，如 PT8H，最长 72 小时"),),
        effects=("启封：待审批→可查阅",),
    ),
    Operation("break_glass/refuse", access.refuse, title="不同意启封", effects=("启封：待审批→不同意",)),
    Operation("break_glass/lapse", access.lapse, title="启封申请逾期失效", effects=("启封：待审批→逾期失效",)),
    Operation("break_glass/withdraw", access.withdraw, title="撤回启封申请", effects=("启封：待审批→已撤回",)),
    Operation("break_glass/close", access.close, title="结束查阅", effects=("启封：可查阅→已结束",)),
    Operation(
        "break_glass/alarm",
        alarm,
        title="向这些角色的全部人员报警",
        parameters=(Field("text", "string", "通知文本编号"), Field("roles", "list", "角色代码")),
        effects=("通知和短信报警",),
    ),
)
