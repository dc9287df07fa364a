"""Staff come in by our register; by an invitation they get into it (domain.md §1, §7)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.accounts import invitations, reaching, staff
from app.accounts.models import Account
from app.accounts.roles import Role
from app.audit import SYSTEM, Actor, AuditLine
from app.db import db, transaction
from app.errors import BadInput
from app.jobs.models import Job
from tests.accounts.platform import BIDDER, OPERATOR, Platform, serving
from tests.accounts.test_login import sign_in, signed_in
from tests.support.time import later

PHONE = "13700000099"
CONTACT = {"sub": "contact-1", "name": "周明远", "phone_number": PHONE, "acr": "mfa"}
OFFICE = Actor("operator-9", "业务运营 顾长风")


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as platform:
        yield platform


@pytest.fixture
def app(make_app: Callable[..., Flask], platform: Platform) -> Flask:
    return make_app(OIDC_ISSUER=platform.issuer)


def invited(app: Flask, role: Role = Role.INSTITUTION_ADMIN, **more: Any) -> str:
    """Invite the contact; the code her SMS carries."""
    wanted = {"name": "周明远", "phone": PHONE, "institution": "BANK01", "by": OFFICE, **more}
    with app.app_context(), transaction():
        return invitations.token(invitations.invite(role=role, **wanted))


def account_of(app: Flask, sub: str) -> dict[str, Any]:
    with app.app_context():
        found = next(row for row in db.session.query(Account) if row.sub == sub)
        return {name: getattr(found, name) for name in ("roles", "regions", "institution", "left_at")}


def trail(app: Flask, subject: str = "") -> list[str]:
    with app.app_context():
        lines = db.session.query(AuditLine).order_by(AuditLine.id)
        return [line.text for line in lines if line.subject.startswith(subject)]


def test_the_platforms_word_on_a_staff_members_rights_counts_once(
    app: Flask, client: FlaskClient, platform: Platform
) -> None:
    platform.person = dict(OPERATOR)
    sign_in(client, platform)
    platform.person = {**OPERATOR, "name": "沈知微（新）", "roles": ["operator", "publisher"], "regions": ["430100"]}
    sign_in(client, platform, "/login?again=1")
    kept = account_of(app, OPERATOR["sub"])
    assert (kept["roles"], kept["regions"]) == (["operator"], ["*"])
    assert "沈知微（新）" in client.get("/work/profile").text
    platform.person = {**OPERATOR, "roles": []}
    assert sign_in(client, platform, "/login?again=1").status_code == 302


def test_who_became_a_market_entity_there_is_no_longer_staff_here(client: FlaskClient, platform: Platform) -> None:
    platform.person = dict(OPERATOR)
    sign_in(client, platform)
    platform.person = {**BIDDER, "sub": OPERATOR["sub"], "acr": "mfa"}
    answer = sign_in(client, platform, "/login?again=1")
    assert answer.status_code == 403
    assert "不能既是市场主体又是工作人员" in answer.text


@pytest.mark.parametrize(
    ("roles", "more"),
    [
        (["operator", "auditor"], {}),
        (["operator", "institution_reviewer"], {"institution": "BANK01"}),
        (["operator"], {"institution": "BANK01"}),
    ],
)
def test_the_register_takes_no_mix_that_lifts_the_separation_of_duties(
    client: FlaskClient, platform: Platform, roles: list[str], more: dict[str, str]
) -> None:
    platform.person = {**OPERATOR, "roles": roles, **more}
    assert sign_in(client, platform).status_code == 403
    assert not signed_in(client)


@pytest.mark.both_databases
def test_signing_in_with_the_invited_phone_is_enough(app: Flask, client: FlaskClient, platform: Platform) -> None:
    invited(app)
    platform.person = {**CONTACT, "phone_number": "+86 137-0000-0099"}
    assert sign_in(client, platform).headers["Location"] == "/desk/"
    kept = account_of(app, "contact-1")
    assert (kept["roles"], kept["institution"]) == (["institution_admin"], "BANK01")
    assert trail(app, "invitation-") == ["邀请：机构管理员", "待接受 → 已接受"]
    assert trail(app, "BANK01") == ["邀请机构管理员"]


def test_an_invitation_does_without_no_second_factor(app: Flask, client: FlaskClient, platform: Platform) -> None:
    invited(app)
    platform.person = {**CONTACT, "acr": "pwd"}
    answer = sign_in(client, platform)
    assert answer.status_code == 403
    assert "双因素" in answer.text
    assert trail(app, "invitation-") == ["邀请：机构管理员"]


def test_an_invitation_is_over_after_a_week(app: Flask, client: FlaskClient, platform: Platform) -> None:
    invited(app)
    platform.person = dict(CONTACT)
    with later(days=7, minutes=1):
        answer = sign_in(client, platform)
    assert answer.status_code == 403
    assert "没有本系统的角色" in answer.text


def test_a_withdrawn_invitation_lets_nobody_in(app: Flask, client: FlaskClient, platform: Platform) -> None:
    invited(app)
    with app.app_context(), transaction():
        (row,) = invitations.waiting("BANK01")
        invitations.withdraw(row.id, by=OFFICE)
    platform.person = dict(CONTACT)
    assert sign_in(client, platform).status_code == 403


@pytest.mark.both_databases
def test_inviting_the_same_again_sends_another_link_and_voids_the_first(app: Flask) -> None:
    first = invited(app)
    second = invited(app, name="周明远（新）")
    with app.app_context():
        (row,) = invitations.waiting("BANK01")
        assert row.name == "周明远（新）"
        assert invitations.by_hash(invitations.hashed(first)) is None
        assert invitations.by_hash(invitations.hashed(second)) is not None
        assert db.session.query(Job).filter_by(name=invitations.SEND).count() == 2


@pytest.mark.both_databases
def test_neither_phone_nor_link_stands_in_the_clear(app: Flask) -> None:
    code = invited(app)
    with app.app_context():
        row = dict(db.session.execute(db.text("SELECT * FROM invitation")).mappings().one())
        jobs = [job.payload for job in db.session.query(Job)]
        dump = repr((row, jobs, trail(app))).encode() + b"".join(
            bytes(value) for value in row.values() if isinstance(value, bytes | memoryview)
        )
    for secret in (code, PHONE, "周明远"):
        assert secret.encode() not in dump


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"phone": "0731-1234567"}, "phone"),
        ({"institution": ""}, "roles"),
        ({"role": Role.OPERATOR}, "roles"),
        ({"role": Role.CENTRE_REVIEWER, "institution": ""}, "regions"),
    ],
)
def test_an_invitation_that_fits_nobody_is_refused_at_its_field(
    app: Flask, changed: dict[str, Any], field: str
) -> None:
    with app.app_context(), transaction(), pytest.raises(BadInput) as wrong:
        invitations.invite(
            **{"role": Role.INSTITUTION_ADMIN, "name": "周", "phone": PHONE, "institution": "BANK01", "by": SYSTEM}
            | changed
        )
    assert set(wrong.value.fields) == {field}


def test_a_second_role_of_the_same_institution_is_added(app: Flask, client: FlaskClient, platform: Platform) -> None:
    invited(app, Role.INSTITUTION_REVIEWER)
    platform.person = dict(CONTACT)
    sign_in(client, platform)
    invited(app)
    sign_in(client, platform, "/login?again=1")
    assert account_of(app, "contact-1")["roles"] == ["institution_reviewer", "institution_admin"]


def test_somebody_of_another_house_comes_in_as_before_and_the_invitation_waits(
    app: Flask, client: FlaskClient, platform: Platform
) -> None:
    platform.person = {**OPERATOR, "phone_number": PHONE}
    sign_in(client, platform)
    invited(app)
    assert sign_in(client, platform, "/login?again=1").status_code == 302
    assert account_of(app, OPERATOR["sub"])["roles"] == ["operator"]
    assert trail(app, "invitation-") == ["邀请：机构管理员"]


def test_nobody_accepts_what_she_offered_herself(app: Flask, client: FlaskClient, platform: Platform) -> None:
    platform.person = {**OPERATOR, "phone_number": PHONE}
    sign_in(client, platform)
    invited(app, Role.PUBLISHER, institution="", by=Actor(OPERATOR["sub"], OPERATOR["name"]))
    sign_in(client, platform, "/login?again=1")
    assert account_of(app, OPERATOR["sub"])["roles"] == ["operator"]


def test_a_leaver_stays_out_whatever_the_platform_says(app: Flask, client: FlaskClient, platform: Platform) -> None:
    platform.person = dict(OPERATOR)
    sign_in(client, platform)
    with app.app_context(), transaction():
        db.session.query(Account).one().left_at = clock.now()
    assert not signed_in(client)
    answer = sign_in(client, platform)
    assert answer.status_code == 403
    assert "离职" in answer.text


def test_a_leaver_who_is_invited_elsewhere_begins_anew(app: Flask, client: FlaskClient, platform: Platform) -> None:
    platform.person = {**OPERATOR, "phone_number": PHONE}
    sign_in(client, platform)
    with app.app_context(), transaction():
        db.session.query(Account).one().left_at = clock.now()
    invited(app)
    assert sign_in(client, platform).status_code == 302
    kept = account_of(app, OPERATOR["sub"])
    assert (kept["roles"], kept["regions"], kept["institution"]) == (["institution_admin"], [], "BANK01")


@pytest.mark.both_databases
def test_five_sign_ins_without_the_second_factor_stop_the_account_for_half_an_hour(
    app: Flask, client: FlaskClient, platform: Platform
) -> None:
    platform.person = dict(OPERATOR)
    sign_in(client, platform)
    stranger = app.test_client()
    platform.person = {**OPERATOR, "acr": "pwd"}
    assert all("双因素" in sign_in(stranger, platform).text for _ in range(5))
    platform.person = dict(OPERATOR)
    answer = sign_in(stranger, platform)
    assert answer.status_code == 403
    assert "暂停登录至" in answer.text
    assert signed_in(client), "whoever knows a password only can't end the owner's session"
    with later(minutes=29):
        assert sign_in(stranger, platform).status_code == 403
    with later(minutes=31):
        assert sign_in(stranger, platform).status_code == 302
    assert "连续未通过双因素认证，暂停登录" in trail(app)


def test_a_success_between_starts_the_count_anew(app: Flask, client: FlaskClient, platform: Platform) -> None:
    for tries in (4, 4):
        platform.person = {**OPERATOR, "acr": "mfa"}
        assert sign_in(client, platform, "/login?again=1").status_code == 302
        platform.person = {**OPERATOR, "acr": "pwd"}
        assert [sign_in(client, platform, "/login?again=1").status_code for _ in range(tries)] == [403] * tries


def test_a_session_begun_before_its_end_was_ordered_stays_over(
    app: Flask, client: FlaskClient, platform: Platform
) -> None:
    """Locked and unlocked again before the browser came back: the old session is over all the same."""
    platform.person = dict(OPERATOR)
    sign_in(client, platform)
    with app.app_context(), transaction():
        db.session.query(Account).one().sessions_from = clock.now() + timedelta(seconds=2)
    assert not signed_in(client)
    with later(seconds=5):
        sign_in(client, platform)
        assert signed_in(client)


def test_staff_check_names_the_auditors_separation() -> None:
    with pytest.raises(BadInput):
        staff.check([Role.AUDITOR, Role.PUBLISHER], regions=(), institution="")
    staff.check([Role.AUDITOR], regions=(), institution="")


def test_staff_can_be_reached_by_the_phone_the_platform_names(
    client: FlaskClient, platform: Platform, app: Flask
) -> None:
    platform.person = {**OPERATOR, "phone_number": "+86 138-0000-0001"}
    sign_in(client, platform)
    with app.app_context():
        assert list(reaching.phones("operator", region="430000").values()) == ["13800000001"]
        assert reaching.phones("centre_reviewer", region="430000") == {}
