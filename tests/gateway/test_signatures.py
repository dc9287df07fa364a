"""Who calls, and whether to believe it: every refusal has its code, is signed, and changes nothing."""

import json
from datetime import timedelta

import orjson
import pytest
import time_machine
from sqlalchemy import func, select

from app import clock
from app.db import db, transaction
from app.errors import Misconfigured
from app.gateway.models import AnsweredRequest, SeenNonce
from app.institutions import ApiKey, Institution
from app.institutions.own_key import platform_key
from app.projects import Lot
from app.protocol import signing
from app.protocol.calls import B2, B10, C1, C2
from app.protocol.messages.message import write
from app.protocol.signing import Key


def rows(app, *models):
    with app.app_context():
        return [db.session.scalar(select(func.count()).select_from(model)) for model in models]


@pytest.fixture
def raw(lot_values):
    return orjson.dumps(write(C1.body, lot_values))


def test_a_changed_body_is_refused_and_the_platform_signs_the_refusal(app, trading, raw, platform):
    answer = trading.send("PUT", C1.at(lot_id="L1"), raw.replace(b'"version":1', b'"version":2'), signed_body=raw)
    assert (answer.status, answer.code, answer.signed_by) == (401, 1001, platform.id)
    assert rows(app, Lot, SeenNonce, AnsweredRequest) == [0, 0, 0]


def test_a_changed_address_is_refused(app, trading, raw):
    trading.send("PUT", C1.at(lot_id="L1"), raw)
    trading.sent[-1]["path"] = C1.at(lot_id="L2")
    assert trading.again().code == 1001


def test_a_key_of_somebody_else_is_refused(trading, bank, raw):
    forged = trading.with_key(Key(trading.key.id, trading.key.algorithm, bank.key.secret))
    assert forged.send("PUT", C1.at(lot_id="L1"), raw).code == 1001


@pytest.mark.parametrize("late", [timedelta(seconds=301), timedelta(seconds=-302)])
def test_a_stale_or_early_timestamp_is_refused(app, trading, raw, late):
    answer = trading.send("PUT", C1.at(lot_id="L1"), raw, late=late)
    assert (answer.status, answer.code, answer.signed_by) == (401, 1002, trading.key.id)
    assert rows(app, Lot, SeenNonce) == [0, 0]


def test_a_replayed_nonce_is_refused(app, trading, raw):
    assert trading.send("PUT", C1.at(lot_id="L1"), raw).code == 0
    answer = trading.again()
    assert (answer.status, answer.code) == (401, 1003)
    assert rows(app, Lot, SeenNonce, AnsweredRequest) == [1, 1, 1]


def test_the_nonce_of_a_refused_call_is_spent_too(app, trading):
    assert trading.send("PUT", C1.at(lot_id="L1"), b"{}").code == 2001
    assert trading.again().code == 1003


def test_the_same_request_again_has_the_same_answer_and_no_second_effect(app, trading, raw):
    first = trading.send("PUT", C1.at(lot_id="L1"), raw, request_id="R-1")
    second = trading.send("PUT", C1.at(lot_id="L1"), raw, request_id="R-1")
    assert (first.code, first.data) == (0, {"lot_id": "L1", "version": 1}) == (second.code, second.data)
    assert rows(app, AnsweredRequest) == [1]


def test_a_request_id_used_for_another_body_is_refused_and_the_first_effect_stands(app, trading, lot_values, raw):
    trading.send("PUT", C1.at(lot_id="L1"), raw, request_id="R-1")
    other = orjson.dumps(write(C1.body, lot_values | {"version": 2, "name": "另一个名字"}))
    answer = trading.send("PUT", C1.at(lot_id="L1"), other, request_id="R-1")
    assert (answer.status, answer.code) == (409, 3003)
    assert "X-Request-Id" in answer.fields
    with app.app_context():
        assert db.session.scalars(select(Lot)).one().name == lot_values["name"]


def test_a_request_id_used_for_another_address_is_refused(app, trading, raw):
    trading.send("PUT", C1.at(lot_id="L1"), raw, request_id="R-1")
    assert trading.send("PUT", C1.at(lot_id="L2"), raw, request_id="R-1").code == 3003
    assert rows(app, Lot) == [1]


def test_two_callers_may_use_the_same_request_id_and_nonce(app, trading, bank, lot, lot_values):
    trading.say(
        C2, {"event_id": "E1", "event": "SUSPENDED", "at": clock.now(), "reason": "质疑"}, lot_id=lot, request_id="R-9"
    )
    payment = {
        "order_no": "DD1", "pay_txn_no": "T1", "amount": 1, "channel": "x", "paid_at": clock.now(), "status": "SUCCESS",
    }  # fmt: skip
    assert bank.say(B2, payment, request_id="R-9").code == 3001


def test_a_refused_request_may_be_corrected_under_its_request_id(trading, lot_values):
    wrong = orjson.dumps(write(C1.body, lot_values | {"region": "110000"}))
    answer = trading.send("PUT", C1.at(lot_id="L1"), wrong, request_id="R-1")
    assert (answer.status, answer.code, list(answer.fields)) == (422, 2002, ["region"])
    assert trading.say(C1, lot_values, lot_id="L1", request_id="R-1").code == 0


def test_an_unknown_app_is_refused_with_the_platforms_signature(trading, raw, platform):
    trading.app_id = "NOBODY"
    answer = trading.send("PUT", C1.at(lot_id="L1"), raw)
    assert (answer.status, answer.code, answer.signed_by) == (401, 1004, platform.id)


def test_an_unknown_key_id_is_refused(trading, raw):
    assert trading.with_key(Key("NO-SUCH", trading.key.algorithm, trading.key.secret)).send(
        "PUT", C1.at(lot_id="L1"), raw
    ).code == 1004  # fmt: skip


def test_an_expired_key_and_one_not_valid_yet_are_refused(app, trading, raw):
    for validity in ({"valid_to": clock.now() - timedelta(minutes=1)}, {"valid_from": clock.now() + timedelta(days=1)}):
        with app.app_context(), transaction():
            key = db.session.scalars(select(ApiKey).where(ApiKey.app_id == trading.app_id)).one()
            key.valid_from, key.valid_to = clock.now() - timedelta(days=9), None
            for name, value in validity.items():
                setattr(key, name, value)
        answer = trading.send("PUT", C1.at(lot_id="L1"), raw)
        assert (answer.status, answer.code) == (401, 1005)
    assert rows(app, Lot, SeenNonce) == [0, 0]


def test_two_keys_of_one_party_are_both_good_while_they_are_changed(app, trading, raw, lot_values):
    fresh = Key("TRADING-2", trading.key.algorithm, signing.new_secret())
    with app.app_context(), transaction():
        db.session.add(
            ApiKey(
                app_id=trading.app_id, key_id=fresh.id, algorithm=fresh.algorithm, secret=fresh.secret,
                valid_from=clock.now(),
            )
        )  # fmt: skip
    trading.believed.append(fresh)
    assert trading.send("PUT", C1.at(lot_id="L1"), raw).signed_by == trading.key.id
    assert trading.with_key(fresh).say(C1, lot_values | {"version": 2}, lot_id="L1").signed_by == fresh.id


def test_a_missing_header_is_named(client, platform):
    response = client.put(C1.at(lot_id="L1"), data=b"{}")
    assert response.status_code == 401
    assert response.json["code"] == 1001
    assert list(response.json["data"]["fields"]) == ["X-App-Id"]
    assert response.headers["X-Sign"]
    assert response.headers["X-Key-Id"] == platform.id


def test_an_institution_may_not_feed_lots_nor_the_trading_platform_report_payments(app, trading, bank, raw):
    assert bank.send("PUT", C1.at(lot_id="L1"), raw).status == 403
    assert trading.send("POST", B2.path, b"{}").status == 403
    assert rows(app, Lot) == [0]


def test_an_institution_signs_with_its_own_sm2_key_and_is_answered_by_the_platforms(app, bank, platform):
    pair = signing.new_sm2_key("BANK01-S9")
    with app.app_context(), transaction():
        db.session.add(
            ApiKey(
                app_id="BANK01", key_id=pair.id, algorithm=pair.algorithm, public=pair.public, valid_from=clock.now()
            )
        )
    answer = bank.with_key(pair).send("POST", B2.path, b"{}")
    assert (answer.code, answer.signed_by) == (2001, platform.id)
    assert "order_no" in answer.fields


def test_an_institution_that_is_not_online_yet_is_refused_and_an_offline_one_is_heard(app, bank):
    for state, code in (("admitted", 3010), ("offline", 2001)):
        with app.app_context(), transaction():
            db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().state = state
        assert bank.send("POST", B2.path, b"{}").code == code


def test_traffic_of_the_acceptance_test_reaches_nothing(app, demo, bank):
    entry = next(one for one in demo["institutions"] if one["code"] == "BANK01")
    key = Key(entry["test_key"]["key_id"], bank.key.algorithm, entry["test_key"]["secret"])
    bank.believed.append(key)
    assert bank.with_key(key).send("POST", B2.path, b"{}", env="test").status == 403
    assert bank.with_key(key).send("POST", B2.path, b"{}").code == 1004


def test_a_body_that_is_no_json_or_too_long_is_refused(trading):
    assert trading.send("PUT", C1.at(lot_id="L1"), b"{").code == 2002
    assert trading.send("PUT", C1.at(lot_id="L1"), b"[]").code == 2002
    long = trading.send("PUT", C1.at(lot_id="L1"), b"x" * 300_000)
    assert (long.status, long.code) == (413, 2002)


def test_too_many_calls_in_a_second_from_one_address_are_told_to_wait(make_app):
    client = make_app(GATEWAY_PER_ADDRESS=3).test_client()
    with time_machine.travel(clock.now(), tick=False):
        answers = [client.put(C1.at(lot_id="L1"), data=b"{}") for _ in range(9)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 6
    assert (refused[0].json["code"], refused[0].headers["Retry-After"]) == (5001, "1")
    assert refused[0].headers["X-Sign"]


def test_too_many_calls_of_one_party_are_told_to_wait_and_another_is_served(app, trading, bank, raw):
    app.config["GATEWAY_PER_CALLER"] = 3
    try:
        with time_machine.travel(clock.now(), tick=False):
            codes = [trading.send("PUT", C1.at(lot_id="L1"), raw).code for _ in range(5)]
            assert codes == [0, 0, 0, 5001, 5001]
            assert bank.send("POST", B2.path, b"{}").code == 2001
    finally:
        app.config["GATEWAY_PER_CALLER"] = 200


def test_the_platforms_costly_signature_is_not_spent_on_a_flood(app, client, demo):
    app.config["GATEWAY_SM2_PER_ADDRESS"] = 2
    try:
        with time_machine.travel(clock.now(), tick=False):
            answers = [client.get("/openapi/v1/nothing") for _ in range(8)]
    finally:
        app.config["GATEWAY_SM2_PER_ADDRESS"] = 30
    told_to_wait = [answer for answer in answers if answer.status_code == 429]
    assert len(told_to_wait) == 6
    assert {answer.json["code"] for answer in told_to_wait} == {5001}
    assert len([answer for answer in answers if "X-Sign" in answer.headers]) == 2


def test_the_platforms_own_key_may_lie_in_a_file(make_app, tmp_path):
    pair = signing.new_sm2_key("PLATFORM-7")
    path = tmp_path / "sm2.json"
    path.write_text(json.dumps({"key_id": pair.id, "private_key": pair.secret, "public_key": "04" + pair.public}))
    client = make_app(PLATFORM_SM2_KEY_FILE=str(path)).test_client()
    assert client.get("/openapi/v1/nothing").headers["X-Key-Id"] == "PLATFORM-7"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"key_id":"K","private_key":"1","public_key":"2"}'])
def test_a_file_that_holds_no_key_stops_the_start(make_app, tmp_path, content):
    path = tmp_path / "sm2.json"
    path.write_text(content)
    with pytest.raises(Misconfigured):
        make_app(PLATFORM_SM2_KEY_FILE=str(path))


def test_without_a_file_a_pair_is_made_once_and_kept_sealed(app):
    with app.app_context():
        first = platform_key()
        assert platform_key() == first
        assert first.verifies(b"text", first.sign(b"text"))


@pytest.fixture
def national(app, bank):
    """The bank, signing with an SM2 pair of its own."""
    pair = signing.new_sm2_key("BANK01-S9")
    with app.app_context(), transaction():
        db.session.add(
            ApiKey(
                app_id="BANK01", key_id=pair.id, algorithm=pair.algorithm, public=pair.public, valid_from=clock.now()
            )
        )
    return bank.with_key(pair)


def test_with_sm2_a_replay_a_stale_stamp_a_wrong_key_and_a_changed_body_are_told_apart_too(app, national):
    refused, other = b'{"status":"OPEN"}', signing.new_sm2_key("BANK01-S9")
    changed = national.send("POST", B10.path, refused + b" ", signed_body=refused)
    forged = national.with_key(other).send("POST", B10.path, refused)
    stale = national.send("POST", B10.path, refused, late=timedelta(seconds=301))
    assert [(one.status, one.code) for one in (changed, forged, stale)] == [(401, 1001), (401, 1001), (401, 1002)]
    assert rows(app, SeenNonce, AnsweredRequest) == [0, 0]
    assert national.send("POST", B10.path, b'{"status":"OPEN","products":[]}').code == 0
    assert national.again().code == 1003
    assert rows(app, SeenNonce, AnsweredRequest) == [1, 1]
