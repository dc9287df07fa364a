"""Guarantees of every kind of issuer on lots in every situation, and everybody who may knock at their doors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from app import clock
from app.applications import secrets as applications
from app.applications.models import Application
from app.db import db, transaction
from app.guarantees import secrets
from app.guarantees.models import Guarantee, GuaranteeState
from tests.orders.scene import XIANGJIAN, YANCHI, YUEYUN, Bidder, Scene
from tests.support.people import login_as

ISSUERS: dict[str, tuple[str, Bidder]] = {
    "银行": ("BANK01", XIANGJIAN),
    "保险公司": ("INS01", YANCHI),
    "担保公司": ("GUA01", YUEYUN),
}
LOTS = ("未开标", "有变更", "已到开标时间", "已开标", "已暂停", "已终止", "开标后流标")
STATES = ("生效中", "延期中", "退保中", "注销中", "理赔中", "已退保", "已失效", "有效期已过")
ACTIONS = ("查看保函", "点击下载", "申请延期", "申请退保", "申请注销", "申请理赔", "开具发票", "保函查验")
TENDERER = {"sub": "g-tenderer", "name": "湖南麓谷投资建设有限公司", "uscc": "91430100MA8LGT0785"}
AGENT = {"sub": "g-agent", "name": "湖南正衡招标咨询有限公司", "uscc": "91430000MA8AGENT06"}
PEOPLE: dict[str, tuple[str, dict[str, Any]] | None] = {
    "投标人本人": None,  # whose guarantee it is
    "其他投标人": ("bidder", {"sub": "g-other", "name": "郴州福城建设有限公司", "uscc": "91431000MA8FCJS088"}),
    "招标人本人": ("tenderer", TENDERER),
    "其他招标人": ("tenderer", TENDERER | {"sub": "g-tenderer-2", "uscc": "91430000MA8OTHER05"}),
    "招标代理（未受托）": ("tender_agent", AGENT),
    "其他招标代理": ("tender_agent", AGENT | {"sub": "g-agent-2", "uscc": "91430000MA8OTHER06"}),
    "承保机构审核员": None,
    "其他机构审核员": ("institution_reviewer", {"institution": "BANK02"}),
    "承保机构管理员": None,
    "交易中心审核员": ("centre_reviewer", {}),
    "业务运营": ("operator", {}),
    "政策发布审批": ("publisher", {}),
    "审计": ("auditor", {}),
    "访客": ("", {}),
    "招标代理（受托）": ("tender_agent", AGENT),  # asked last, when the tenderer has delegated
}


BENEFICIARIES = ("招标人本人", "招标代理（未受托）", "招标代理（受托）")
OPENED = ("已开标", "开标后流标")


@dataclass(frozen=True)
class Standing:
    """A guarantee with the state it is put into."""

    no: str
    code: str  # for 保函查验
    state: str
    lot: str
    issuer: str

    def tried_by(self, who: str, action: str) -> bool:
        """Whom the tables let in or keep out, with everything; who is turned away for what they are, with each lot,
        each state and each issuer, though not with all at once."""
        if who == "投标人本人" and action != "保函查验":
            return True
        if who in BENEFICIARIES and self.lot in OPENED and action not in ("保函查验", "开具发票"):
            return True
        return (LOTS.index(self.lot) + 3 * list(ISSUERS).index(self.issuer) + STATES.index(self.state)) % 8 == 0


class Guarded:
    """21 guarantees, each issued once; states are written into their rows."""

    def __init__(self, scene: Scene):
        self.scene = scene
        scene.app.config["VERIFY_PER_ADDRESS"] = 1_000_000
        self.guarantees = {(lot, issuer): self._issued(lot, issuer) for lot in LOTS for issuer in ISSUERS}
        self._changed()
        scene.wait(days=10, hours=2)
        for lot, event in (("已开标", "OPENED"), ("已暂停", "SUSPENDED"), ("已终止", "TERMINATED")):
            scene.lot_event(event, _lot(lot), unseals=False)
        scene.lot_event("OPENED", _lot("开标后流标"), unseals=False)
        scene.lot_event("FAILED", _lot("开标后流标"), unseals=False)
        self._clients: dict[tuple[str, str], FlaskClient] = {}

    def _issued(self, lot: str, issuer: str) -> str:
        scene, (code, bidder) = self.scene, ISSUERS[issuer]
        if issuer == "银行":
            soon = lot in ("已到开标时间", "已开标", "开标后流标")
            deadline = clock.now().replace(microsecond=0) + timedelta(days=10 if soon else 60)
            agent = {"name": AGENT["name"], "uscc": AGENT["uscc"]}
            scene.lot(_lot(lot), bid_deadline=deadline, agent=agent)
        no = scene.apply(_lot(lot), product=f"{code}-TB", who=bidder)
        scene.passes(no)
        scene.paid(no)
        scene.issues(no)
        guarantee = scene.guarantee(no)
        assert guarantee is not None
        return guarantee.no

    def _changed(self) -> None:
        agent = {"name": AGENT["name"], "uscc": AGENT["uscc"]}
        later = clock.now().replace(microsecond=0) + timedelta(days=70)
        self.scene.lot(_lot("有变更"), version=2, bid_deadline=later, agent=agent)

    def standings(self) -> Iterator[Standing]:
        """Every guarantee in every state, one after the other."""
        for (lot, issuer), no in self.guarantees.items():
            for state in STATES:
                yield Standing(no, self._put(no, state), state, lot, issuer)

    def _put(self, no: str, state: str) -> str:
        labels = {one.label: one.value for one in GuaranteeState}
        with self.scene.app.app_context(), transaction():
            guarantee = db.session.get_one(Guarantee, secrets.find(no).id)
            guarantee.state, content = labels.get(state, "in_force"), secrets.content(guarantee)
            ends = clock.now() + timedelta(days=-1 if state == "有效期已过" else 90)
            guarantee.sealed = secrets.sealed(replace(content, valid_to=ends.isoformat()))
            db.session.execute(delete(Application).where(Application.guarantee_no == no))
            if state == "延期中":
                db.session.add(self._open_extension(guarantee, content))
            return guarantee.verify_code

    def _open_extension(self, guarantee: Guarantee, content: secrets.Content) -> Application:
        who = applications.Content(content.lot_no, content.bidder_id, content.bidder_name, content.bidder_uscc, "")
        return Application(
            no=f"YQ-{guarantee.no}",
            kind="extension",
            guarantee_no=guarantee.no,
            institution=guarantee.institution,
            state_since=clock.now(),
            open_key=guarantee.no,
            applicant_index=guarantee.bidder_index,
            lot_sealed=content.lot_no,
            sealed=applications.sealed(who),
            created_at=clock.now(),
        )

    def delegate(self) -> None:
        """The tenderer lets the lots' agent file claims, wherever it can."""
        for lot in OPENED:
            answer = self._as("招标人本人", "").post(f"/guarantees/lots/{_lot(lot)}/delegation")
            assert answer.status_code == 302

    def answer(self, who: str, action: str, at: Standing) -> TestResponse:
        """Knock: forms are sent empty, so that an open door finds them wanting and nothing happens."""
        client = self._as(who, at.issuer)
        short = (
            None if who == "投标人本人" or who in BENEFICIARIES else {"Accept": "application/json"}
        )  # no page around the sentence
        match action:
            case "查看保函":
                return client.get(f"/guarantees/{at.no}", headers=short)
            case "点击下载":
                return client.get(f"/guarantees/{at.no}/file", headers=short)
            case "开具发票":
                order = at.no.removeprefix("BH-")  # as the scene's institutions name what they issue
                return client.post(f"/orders/{order}/invoice", headers=short)
            case "保函查验":
                return client.get("/verify", query_string={"no": at.no, "code": at.code})
        kind = {"申请延期": "extension", "申请退保": "refund", "申请注销": "cancellation", "申请理赔": "claim"}[action]
        return client.post(f"/guarantees/{at.no}/apply/{kind}", headers=short)

    def _as(self, who: str, issuer: str) -> FlaskClient:
        own = PEOPLE[who] is None
        key = (who, issuer if own else "")
        if key not in self._clients:
            client = self._clients[key] = self.scene.app.test_client()
            role, person = PEOPLE[who] or self._owner(who, issuer)
            if role:
                login_as(client, role, **person)
        return self._clients[key]

    @staticmethod
    def _owner(who: str, issuer: str) -> tuple[str, dict[str, Any]]:
        code, bidder = ISSUERS[issuer]
        if who == "投标人本人":
            return "bidder", bidder
        return ("institution_reviewer" if who.endswith("审核员") else "institution_admin"), {
            "sub": f"g-{who}-{code}",
            "institution": code,
        }


def _lot(situation: str) -> str:
    return f"LOT-{LOTS.index(situation)}"
