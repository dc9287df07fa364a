"""The trading platform pushes lots and events; the inbox keeps texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests

from app.protocol.calls import C5
from app.protocol.client import Client, Refused, Untrusted
from app.protocol.codes import Code
from app.protocol.signing import Key, new_secret
from app.sandbox import cast, demo
from tests.sandbox.conftest import Sandbox
from tests.sandbox.receiver import Message, until


def messages(outside: Sandbox, lot_id: str = "", call: str = "") -> list[Message]:
    return [m for m in outside.platform.messages if lot_id in m.path and call in ("", m.call) and m.call[0] == "C"]


@pytest.fixture
def pushed(outside: Sandbox) -> list[Message]:
    """Every lot of the demo, once all are told."""
    until(lambda: len({m.path for m in messages(outside, call="C1")}) == 40, "all lots are pushed")
    return messages(outside, call="C1")


def lot_of(message: Message) -> str:
    return message.path.rsplit("/", 1)[-1]


def event(outside: Sandbox, lot_id: str, what: str) -> int:
    return requests.post(
        f"{outside.url('trading')}/lots/{lot_id}/events", data={"event": what}, allow_redirects=False, timeout=5
    ).status_code


def test_lots_of_many_kinds_are_pushed_at_the_start(outside, pushed):
    first = {lot_of(m): m.body for m in pushed if m.body["version"] == 1}
    assert len(first) == 40
    assert len({body["region"] for body in first.values()}) >= 10
    assert {body["category"] for body in first.values()} == {
        "works", "goods", "services", "survey", "design", "procurement", "land", "mining", "property",
    }  # fmt: skip
    ahead = [body for body in first.values() if body["bid_deadline"] > datetime.now(UTC)]
    assert len(ahead) >= 30


def test_bonds_stay_below_the_lawful_caps(pushed):
    for body in (message.body for message in pushed):
        if body["category"] in ("works", "goods"):
            assert body["bond_amount"] <= min(body["estimate"] // 50, 80_000_000), body["name"]
        if body["category"] in ("survey", "design"):
            assert body["bond_amount"] <= 10_000_000, body["name"]
        if body["category"] == "procurement":
            assert body["bond_amount"] <= body["estimate"] // 50, body["name"]


def test_some_lots_are_opened_already(outside, pushed):
    opened = until(lambda: len(messages(outside, call="C2")) >= 4 and messages(outside, call="C2"), "4 openings")
    assert {message.body["event"] for message in opened[:4]} == {"OPENED"}


def test_an_event_on_the_page_reaches_the_platform(outside, pushed):
    lot_id = lot_of(next(m for m in pushed if m.body["category"] == "services"))
    assert event(outside, lot_id, "SUSPENDED") == 303
    told = until(lambda: messages(outside, lot_id, "C2"), "C2")[-1].body
    assert (told["event"], bool(told["reason"])) == ("SUSPENDED", True)
    page = requests.get(outside.url("trading"), timeout=5).text
    assert "已暂停" in page


def test_a_change_is_a_new_version_and_then_the_event(outside, pushed):
    first = next(m for m in pushed if m.body["category"] == "survey")
    lot_id = lot_of(first)
    event(outside, lot_id, "CHANGED")
    told = until(lambda: messages(outside, lot_id, "C2"), "C2")[-1].body
    newest = messages(outside, lot_id, "C1")[-1].body
    assert told["version"] == newest["version"] == 2
    assert newest["bid_deadline"] == first.body["bid_deadline"] + timedelta(days=3)


def test_opening_before_its_time_moves_the_time(outside, pushed):
    lot_id = lot_of(next(m for m in pushed if m.body["category"] == "design"))
    event(outside, lot_id, "OPENED")
    until(lambda: messages(outside, lot_id, "C2"), "C2")
    assert messages(outside, lot_id, "C1")[-1].body["opening_at"] <= datetime.now(UTC)


def test_an_unknown_event_or_lot_is_not_found(outside, pushed):
    assert event(outside, lot_of(pushed[0]), "DANCED") == 404
    assert event(outside, "NO-SUCH", "OPENED") == 404


def client(outside: Sandbox, key: Key | None = None) -> Client:
    trading = outside.config["trading"]
    own = demo.key(trading["key"])
    return Client(trading["endpoint_url"], trading["app_id"], key or own, [own])


def test_eligibility_is_answered_and_a_barred_bidder_told_why(outside, pushed):
    lot_id = lot_of(pushed[0])
    parties = {entity["sub"]: {"name": entity["name"], "uscc": entity["uscc"]} for entity in cast.ENTITIES}
    ask = client(outside).call
    assert ask(C5, {"bidder": parties["entity-01"]}, request_id="c5-1", lot_id=lot_id) == {"eligible": True}
    barred = ask(C5, {"bidder": parties["entity-06"]}, request_id="c5-2", lot_id=lot_id)
    assert (barred["eligible"], bool(barred["reason"])) == (False, True)
    with pytest.raises(Refused) as refused:
        ask(C5, {"bidder": parties["entity-01"]}, request_id="c5-3", lot_id="NO-SUCH")
    assert refused.value.code == Code.UNKNOWN


def test_eligibility_is_not_told_to_strangers(outside, pushed):
    own = demo.key(outside.config["trading"]["key"])
    stranger = Key(own.id, own.algorithm, new_secret())
    party = {"name": "甲", "uscc": cast.ENTITIES[0]["uscc"]}
    with pytest.raises((Refused, Untrusted)) as failure:
        client(outside, stranger).call(C5, {"bidder": party}, request_id="c5", lot_id=lot_of(pushed[0]))
    assert getattr(failure.value, "code", Code.SIGNATURE) == Code.SIGNATURE


def test_a_text_stands_in_the_inbox_once(outside):
    sms = outside.config["sms"]
    text = {"phone": "13900000001", "text": "您的验证码是 082345，5分钟内有效。", "key": "k-1"}
    for _ in range(2):
        assert requests.post(
            sms["url"], json=text, headers={"Authorization": f"Bearer {sms['token']}"}, timeout=5
        ).json() == {"ok": True}
    page = requests.get(sms["inbox_url"], params={"phone": "13900000001"}, timeout=5).text
    assert page.count("082345") == 1
    found = requests.get(f"{outside.url('trading')}/sms.json", params={"phone": "13900000001"}, timeout=5).json()
    assert [one["text"] for one in found] == [text["text"]]


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [({"phone": "1", "text": "x"}, "wrong", 401), ({"phone": "1"}, None, 400), ([], None, 400)],
)
def test_a_text_that_cannot_be_sent_is_refused(outside, body, token, status):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert requests.post(outside.config["sms"]["url"], json=body, headers=headers, timeout=5).status_code == status
