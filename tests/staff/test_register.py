"""人员管理: an operator keeps the register, never her own entry (domain.md §1, §7)."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import staff
from app.accounts.models import Account
from app.accounts.user import User
from app.audit import AuditLine
from app.db import db, transaction
from app.errors import AppError
from app.runtime.models import UserTask
from tests.desk import trial
from tests.support.people import login_as as sign_in
from tests.support.time import later
from tests.support.work import work

LoginAs = Callable[..., User]


@pytest.fixture
def operator(client: FlaskClient, login_as: LoginAs) -> User:
    return login_as("operator", name="沈知微")


@pytest.fixture
def reviewer(app: Flask) -> tuple[User, FlaskClient]:
    """A reviewer of Changsha in a browser of her own."""
    browser = app.test_client()
    return sign_in(browser, "centre_reviewer", name="孟晓岚", regions=("430100",)), browser


def trail(app: Flask, subject: str) -> list[tuple[str, str]]:
    with app.app_context():
        lines = db.session.query(AuditLine).where(AuditLine.subject == subject).order_by(AuditLine.id)
        return [(line.text, line.actor_label) for line in lines]


def task(app: Flask, key: str, region: str = "430100") -> int:
    with app.app_context():
        trial.install(app)
        return trial.begin(key, region=region)


def held_by(app: Flask, task_id: int) -> str:
    with app.app_context():
        return db.session.get_one(UserTask, task_id).assignee_label


def seen(browser: FlaskClient) -> list[str]:
    return re.findall(r'<a id="task-\d+" href="[^"]+">([^<]+)</a>', browser.get("/desk/").text)


def test_the_register_says_who_works_where(client: FlaskClient, operator: User, reviewer: Any, app: Flask) -> None:
    sign_in(app.test_client(), "institution_reviewer", name="郑可心", institution="BANK01")
    page = client.get("/work/staff/").text
    assert all(name in page for name in ("沈知微", "孟晓岚", "郑可心", "长沙", "机构审核员"))
    centre = client.get("/work/staff/?group=centre").text
    assert "孟晓岚" in centre
    assert "郑可心" not in centre
    assert "孟晓岚" not in client.get("/work/staff/?q=郑").text
    assert "没有符合条件的人员" in client.get("/work/staff/?q=无此人").text


def test_roles_and_regions_are_changed_and_count_at_the_next_click(
    app: Flask, client: FlaskClient, operator: User, reviewer: tuple[User, FlaskClient]
) -> None:
    task(app, "R1", region="430600")
    user, browser = reviewer
    assert seen(browser) == []
    answer = client.post(f"/work/staff/{user.id}", data={"roles": ["centre_reviewer"], "regions": ["430600"]})
    assert answer.status_code == 303
    assert seen(browser) == ["R1"]
    assert trail(app, f"account-{user.id}") == [("变更角色和地区：交易中心审核员 → 交易中心审核员", "沈知微")]
    assert "变更角色和地区" in client.get(f"/work/staff/{user.id}").text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"roles": []}, "请选择至少一个角色"),
        ({"roles": ["centre_reviewer"]}, "请选择交易中心审核员负责的地区"),
        ({"roles": ["auditor", "operator"]}, "审计监管不能与其他角色兼任"),
        ({"roles": ["bidder"]}, "请选择至少一个角色"),
        ({"roles": ["institution_admin"]}, "请选择至少一个角色"),
    ],
)
def test_what_may_not_be_held_together_is_refused_at_its_field(
    client: FlaskClient, operator: User, reviewer: tuple[User, FlaskClient], said: dict[str, Any], words: str
) -> None:
    user, browser = reviewer
    answer = client.post(f"/work/staff/{user.id}", data=said)
    assert answer.status_code == 422
    assert words in answer.text
    assert browser.get("/desk/").status_code == 200


def test_an_operator_cannot_lift_herself(app: Flask, client: FlaskClient, operator: User) -> None:
    own = f"/work/staff/{operator.id}"
    told = "不能变更自己的账号"
    assert told in client.post(own, data={"roles": ["operator", "publisher"]}).text
    for act in ("leave", "unlock"):
        answer = client.post(f"{own}/{act}")
        assert answer.status_code == 403
        assert told in answer.text
    page = client.get(own).text
    assert "自己的账号由另一位同事办理" in page
    assert 'action="/work/staff/' not in page
    with app.app_context():
        assert db.session.get_one(Account, operator.id).roles == ["operator"]
        assert db.session.query(AuditLine).count() == 0


@pytest.mark.both_databases
def test_two_operators_who_end_each_other_leave_one(app: Flask) -> None:
    one, other = (sign_in(app.test_client(), "operator", sub=name, name=name) for name in ("甲", "乙"))
    ready = threading.Barrier(2)
    said: list[str] = []

    def end(by: User, whom: User) -> None:
        with app.app_context():
            ready.wait(10)
            try:
                with transaction():
                    staff.leave(whom.id, by=by)
                said.append("done")
            except AppError as refused:
                said.append(refused.message)

    threads = [threading.Thread(target=end, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["done", "您的权限已变更，请重新登录"]


@pytest.mark.both_databases
def test_a_leaver_is_out_at_once_and_her_tasks_go_back(
    app: Flask, client: FlaskClient, operator: User, reviewer: tuple[User, FlaskClient]
) -> None:
    user, browser = reviewer
    claimed = task(app, "R1")
    browser.post(f"/desk/tasks/{claimed}/claim")
    assert held_by(app, claimed) == "孟晓岚"
    question = client.get(f"/work/staff/{user.id}/leave").text
    assert "领取的待办退回队列" in question
    assert client.post(f"/work/staff/{user.id}/leave").status_code == 303
    assert browser.get("/desk/").status_code == 302
    assert held_by(app, claimed) == ""
    assert trail(app, "desk:R1")[-1] == ("退回：退保审核", "系统")
    assert trail(app, f"account-{user.id}") == [("登记离职", "沈知微")]
    assert "孟晓岚" in client.get("/work/staff/?group=ended").text
    assert "孟晓岚" not in client.get("/work/staff/").text
    assert client.post(f"/work/staff/{user.id}/leave").status_code == 409


def test_whoever_comes_back_signs_in_anew(
    client: FlaskClient, operator: User, reviewer: tuple[User, FlaskClient]
) -> None:
    user, browser = reviewer
    with later(seconds=2):
        client.post(f"/work/staff/{user.id}/leave")
        client.post(f"/work/staff/{user.id}/return")
        assert browser.get("/desk/").status_code == 302, "the old session stays over"
    with later(seconds=4):
        sign_in(browser, "centre_reviewer", name="孟晓岚", regions=("430100",))
        assert browser.get("/desk/").status_code == 200


def test_locking_wants_a_reason_and_ends_the_session(
    app: Flask, client: FlaskClient, operator: User, reviewer: tuple[User, FlaskClient]
) -> None:
    user, browser = reviewer
    refused = client.post(f"/work/staff/{user.id}/lock", data={"reason": " "})
    assert refused.status_code == 422
    assert "请输入停用原因" in refused.text
    assert browser.get("/desk/").status_code == 200
    client.post(f"/work/staff/{user.id}/lock", data={"reason": "账号疑似被盗用"})
    assert browser.get("/desk/").status_code == 302
    assert "已停用" in client.get(f"/work/staff/{user.id}").text
    client.post(f"/work/staff/{user.id}/unlock")
    assert [text for text, _ in trail(app, f"account-{user.id}")] == ["停用账号：账号疑似被盗用", "启用账号"]


def test_an_institutions_people_are_ended_here_but_their_roles_are_its_own(
    app: Flask, client: FlaskClient, operator: User
) -> None:
    theirs = app.test_client()
    user = sign_in(theirs, "institution_reviewer", name="郑可心", institution="BANK01")
    refused = client.post(f"/work/staff/{user.id}", data={"roles": ["operator"]})
    assert refused.status_code == 403
    assert "由本机构管理员维护" in refused.text
    assert client.post(f"/work/staff/{user.id}/leave").status_code == 303
    assert theirs.get("/desk/").status_code == 302


@pytest.fixture
def colleague(app: Flask) -> tuple[User, FlaskClient]:
    """A reviewer of Yueyang."""
    browser = app.test_client()
    return sign_in(browser, "centre_reviewer", sub="yueyang", name="傅成章", regions=("430600",)), browser


def arrange(client: FlaskClient, absent: User, substitute: User, start: str, end: str) -> Any:
    data = {"substitute": substitute.id, "start": start, "end": end}
    return client.post(f"/work/staff/{absent.id}/substitutes", data=data)


@pytest.fixture
def monday() -> Any:
    """Noon of Monday, 2026-11-30 in Shanghai."""
    import time_machine

    with time_machine.travel("2026-11-30T12:00:00+08:00", tick=False) as clock:
        yield clock


def test_a_substitute_acts_for_the_absent_from_day_to_day(
    app: Flask, client: FlaskClient, login_as: LoginAs, monday: Any
) -> None:
    operator = login_as("operator", name="沈知微")
    absent_browser, browser = app.test_client(), app.test_client()
    absent = sign_in(absent_browser, "centre_reviewer", name="孟晓岚", regions=("430100",))
    substitute = sign_in(browser, "centre_reviewer", sub="yueyang", name="傅成章", regions=("430600",))
    claimed = task(app, "R1")
    absent_browser.post(f"/desk/tasks/{claimed}/claim")
    assert arrange(client, absent, substitute, "2026-12-01", "2026-12-02").status_code == 303
    assert seen(browser) == []
    monday.move_to("2026-12-01T09:00:00+08:00")
    work(app)
    sign_in(browser, "centre_reviewer", sub="yueyang", name="傅成章", regions=("430600",))
    assert seen(browser) == ["R1"]
    assert held_by(app, claimed) == ""
    login_as("operator", name="沈知微")
    assert "由傅成章代办" in client.get("/work/staff/").text
    monday.move_to("2026-12-02T23:50:00+08:00")
    sign_in(browser, "centre_reviewer", sub="yueyang", name="傅成章", regions=("430600",))
    assert seen(browser) == ["R1"]
    monday.move_to("2026-12-03T00:05:00+08:00")
    assert seen(browser) == []
    words = "安排代办：傅成章，2026-12-01 00:00 至 2026-12-03 00:00"
    assert trail(app, f"account-{absent.id}") == [(words, operator.name), ("代办开始", "系统")]


def test_what_is_done_for_somebody_else_says_so(app: Flask, client: FlaskClient, operator: User) -> None:
    """A publisher stands in for a reviewer: the role is not her own, and the trail names both."""
    browser = app.test_client()
    absent = sign_in(app.test_client(), "centre_reviewer", name="孟晓岚", regions=("430100",))
    substitute = sign_in(browser, "publisher", name="苏慕白")
    with app.app_context():
        today = _today()
    arrange(client, absent, substitute, today, today)
    work(app)
    claimed = task(app, "R1")
    browser.post("/role", data={"role": "centre_reviewer"})
    browser.post(f"/desk/tasks/{claimed}/claim")
    assert held_by(app, claimed) == "苏慕白（代孟晓岚）"


def _today() -> str:
    from app import clock

    return clock.today().isoformat()


def test_a_substitution_can_end_before_its_time(
    app: Flask,
    client: FlaskClient,
    operator: User,
    reviewer: tuple[User, FlaskClient],
    colleague: tuple[User, FlaskClient],
) -> None:
    task(app, "R1")
    arrange(client, reviewer[0], colleague[0], _today(), _today())
    assert seen(colleague[1]) == ["R1"]
    page = client.get(f"/work/staff/{reviewer[0].id}").text
    (address,) = re.findall(r'action="(/work/staff/\d+/substitutes/\d+/end)"', page)
    assert client.post(address).status_code == 303
    assert seen(colleague[1]) == []
    assert client.post(address).status_code == 409


def test_nobody_is_lifted_by_a_substitution(app: Flask, client: FlaskClient, operator: User) -> None:
    """Not the operator who arranges it, no auditor, nobody of another house."""
    publisher = sign_in(app.test_client(), "publisher", name="苏慕白")
    auditor = sign_in(app.test_client(), "auditor", name="范仲安")
    outsider = sign_in(app.test_client(), "institution_reviewer", institution="BANK01")
    for other in (operator, auditor, outsider, publisher):
        answer = arrange(client, publisher, other, _today(), _today())
        assert answer.status_code == 422
        assert "请选择可以代办的同事" in answer.text
    assert arrange(client, auditor, publisher, _today(), _today()).status_code == 422


def test_a_substitute_operator_keeps_no_staff(app: Flask, client: FlaskClient, operator: User) -> None:
    browser = app.test_client()
    absent = sign_in(app.test_client(), "operator", sub="second", name="顾长风")
    substitute = sign_in(browser, "publisher", name="苏慕白")
    arrange(client, absent, substitute, _today(), _today())
    browser.post("/role", data={"role": "operator"})
    answer = browser.post(f"/work/staff/{absent.id}/leave")
    assert answer.status_code == 403
    assert "代办期间不能维护人员" in answer.text


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [("", "2099-01-01", "请选择日期"), ("2026-12-05", "2026-12-01", "结束时间"), ("2020-01-01", "2020-01-02", "结束")],
)
def test_a_substitution_without_a_time_is_refused(
    client: FlaskClient,
    operator: User,
    reviewer: tuple[User, FlaskClient],
    colleague: tuple[User, FlaskClient],
    start: str,
    end: str,
    field: str,
) -> None:
    answer = arrange(client, reviewer[0], colleague[0], start, end)
    assert answer.status_code == 422
    assert field in answer.text


def test_two_substitutes_at_once_are_refused(
    client: FlaskClient,
    operator: User,
    reviewer: tuple[User, FlaskClient],
    colleague: tuple[User, FlaskClient],
) -> None:
    assert arrange(client, reviewer[0], colleague[0], "2099-01-01", "2099-01-31").status_code == 303
    answer = arrange(client, reviewer[0], colleague[0], "2099-01-31", "2099-02-10")
    assert answer.status_code == 409
    assert "已安排代办" in answer.text
