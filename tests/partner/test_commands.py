"""The institution's commands against the platform: what they say and how they end."""

import json
from pathlib import Path

import pytest
import requests
import yaml

from app import projects
from app.partner import card as partner
from app.protocol.calls import C1
from app.protocol.digests import sm3_hex
from app.protocol.signing import new_sm2_key
from app.runtime.models import InboxMessage
from app.sandbox import demo as sandbox
from tests.gateway import placed
from tests.gateway.conftest import lot_values  # noqa: F401  # a fixture
from tests.gateway.party import Party
from tests.support.papers import pdf


@pytest.fixture
def card(run, parties):
    assert run("card", "--demo", "demo.json", "--institution", "BANK01").status == 0
    return yaml.safe_load(Path("partner.yaml").read_text())


@pytest.fixture
def order(app, client, parties, lot_values):  # noqa: F811
    own = sandbox.key(parties["trading"]["key"])
    assert Party(client, "TRADING", own, [own]).say(C1, lot_values, lot_id="LOT-1").code == 0
    with app.app_context():
        assert projects.get("LOT-1")
        return placed.order("DD1", "LOT-1")


def told(app):
    with app.app_context():
        return [(one.name, one.payload) for one in placed.fresh(placed.db.select(InboxMessage))]


def test_the_card_is_for_its_owners_eyes_only(card, tmp_path):
    assert (tmp_path / "partner.yaml").stat().st_mode & 0o077 == 0
    assert set(card) == {"platform", "app_id", "key", "test_key", "platform_key"}


def test_a_ping_says_that_the_signature_holds(run, card):
    said = run("ping")
    assert said.status == 0
    assert "平台认得BANK01" in said.out


def test_a_wrong_secret_is_told_from_an_unknown_name(run, card):
    run("card", "--key-id", card["key"]["id"], "--secret", "00" * 32)
    said = run("ping")
    assert (said.status, "1001" in said.err) == (1, True)
    run("card", "--app-id", "NOBODY")
    said = run("ping")
    assert (said.status, "1004" in said.err) == (1, True)


def test_an_answer_nobody_can_check_is_shown_and_not_believed(run, card):
    other = {"id": card["platform_key"]["id"], "public_key": "04" + new_sm2_key("x").public}
    partner.save(Path("partner.yaml"), {"key": {"id": "OTHER", "secret": "00" * 32}, "platform_key": other})
    said = run("ping")
    assert said.status == 4
    assert "1004" in said.err


def test_a_new_key_leaves_the_one_before_in_the_card(run, card):
    assert run("card", "--key-id", "NEW-1", "--secret", "11" * 32).status == 0
    held = yaml.safe_load(Path("partner.yaml").read_text())
    assert (held["key"]["id"], held["old_key"]) == ("NEW-1", card["key"])
    believed = [key.id for key in partner.load(Path("partner.yaml")).believed("")]
    assert believed == ["NEW-1", card["key"]["id"], card["platform_key"]["id"]]


def test_nobody_there_is_said(run, card):
    partner.save(Path("partner.yaml"), {"platform": "http://127.0.0.1:9"})
    assert run("ping").status == 3
    said = run("card", "--platform", "http://127.0.0.1:9")
    assert (said.status, "platform-key" in said.err) == (2, True)


def test_the_card_of_an_admitted_institution_learns_the_platforms_key(run, card, parties):
    Path("partner.yaml").unlink()
    own = card["key"]
    words = ("--app-id", "BANK01", "--key-id", own["id"], "--secret", own["secret"])
    assert run("card", "--platform", card["platform"], *words).status == 0
    pair = parties["platform"]["sm2"]
    learnt = yaml.safe_load(Path("partner.yaml").read_text())["platform_key"]
    assert learnt == {"id": pair["key_id"], "public_key": "04" + pair["public_key"][-128:]}
    assert run("ping").status == 0


def test_a_callback_is_sent_from_flags_and_answered(app, run, card, order):
    said = run("send", "B1", "order_no=DD1", "result=PASS", "premium=1800.00")
    assert said.status == 0, said.err
    assert "received_at" in json.loads(said.out)
    assert told(app) == [("underwriting", {"order_no": "DD1", "result": "PASS", "premium": "1800.00"})]


def test_a_callback_is_sent_from_a_file_with_its_document(app, run, card, order, tmp_path):
    (tmp_path / "guarantee.pdf").write_bytes(pdf("guarantee"))
    (tmp_path / "b3.yaml").write_text(
        yaml.safe_dump({"order_no": "DD1", "guarantee_no": "BH1", "verify_code": "12345678", "mode": "SEALED"})
    )
    said = run("send", "B3", "--body", "b3.yaml", "--file", "guarantee.pdf", "amount=600000.00", "issued_at=now",
               "valid_from=now", "valid_to=now+120d")  # fmt: skip
    assert said.status == 0, said.err
    ((name, payload),) = told(app)
    assert (name, payload["sm3"]) == ("issuance", sm3_hex(pdf("guarantee")))


def test_a_body_that_is_none_is_not_sent_and_every_field_is_named(app, run, card, order):
    said = run("send", "B2", "order_no=DD1", "amount=1800", "status=MAYBE")
    assert said.status == 2
    for field in ("amount", "status", "pay_txn_no", "channel", "paid_at"):
        assert field in said.err
    assert told(app) == []


def test_what_the_platform_refuses_is_said_with_its_code(run, card):
    said = run("send", "B1", "order_no=DD9", "result=PASS", "premium=1800.00", "--request-id", "R-1")
    assert (said.status, "3001" in said.err, "order_no" in said.err) == (1, True, True)
    assert run("send", "B1", "order_no=DD9", "--test", "--bogus").status == 2
    assert run("send", "B99").status == 2


def test_a_message_that_was_received_is_checked(run, card, parties, tmp_path):
    address = "/openapi/v1/callbacks/underwriting"
    (tmp_path / "body.json").write_text('{"order_no":"DD9","result":"PASS","premium":"1.00"}')
    signed = run("sign", "POST", address, "--body", "body.json").out
    headers = dict(line.split(": ", 1) for line in signed.splitlines() if line.startswith("X-"))
    answer = requests.post(
        card["platform"] + address, data=(tmp_path / "body.json").read_bytes(), headers=headers, timeout=10
    )
    raw = f"HTTP/1.1 {answer.status_code} NOT FOUND\r\n".encode()
    raw += b"".join(f"{name}: {value}\r\n".encode() for name, value in answer.headers.items())
    (tmp_path / "answer.http").write_bytes(raw + b"\r\n" + answer.content)
    said = run("verify", "answer.http")
    assert (said.status, "签名有效" in said.out, "ANSWER\n404\nBANK01" in said.out) == (0, True, True)
    (tmp_path / "changed.http").write_bytes(raw + b"\r\n" + answer.content + b" ")
    assert (run("verify", "changed.http").status, "1001" in run("verify", "changed.http").err) == (4, True)
    question = f"POST {address} HTTP/1.1\n" + "".join(f"{name}: {value}\n" for name, value in headers.items())
    (tmp_path / "question.http").write_bytes(question.encode() + b"\n" + (tmp_path / "body.json").read_bytes())
    assert run("verify", "question.http").status == 0


def test_pairs_and_certificates_are_made_and_never_overwritten(run, tmp_path):
    pair = yaml.safe_load(run("keys", "--id", "BANK-2").out)
    assert (pair["id"], len(pair["private_key"]), len(pair["public_key"])) == ("BANK-2", 64, 130)
    words = ("certificate", "--name", "潇湘试点银行", "--uscc", "91430100MA8XJY0152")
    assert run(*words).status == 0
    assert (tmp_path / "partner.key.pem").stat().st_mode & 0o077 == 0
    assert run(*words).status == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[]", "映射"),
        ("platform: http://x", "app_id"),
        ("platform: x\napp_id: y\nkeys: {}", "keys"),
        ("platform: x\napp_id: y\nkey: {id: a, secret: zz}", "key"),
        ("platform: x\napp_id: y\nkey: {id: a, public_key: '00'}", "key"),
    ],
)
def test_a_card_with_a_mistake_says_where(run, tmp_path, text, named):
    (tmp_path / "partner.yaml").write_text(text)
    said = run("ping")
    assert (said.status, named in said.err) == (2, True)
