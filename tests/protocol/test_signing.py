"""Signing: what holds, what is refused, and with which code."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from gmssl.sm2 import CryptSM2, default_ecc_table

from app.protocol import canonical, curve, signing, sm2
from app.protocol.codes import Code, Refusal
from app.protocol.digests import hmac_sm3, sm3, sm3_hex
from app.protocol.signing import Algorithm, Key

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
BODY = b'{"order_no":"DD1"}'
HMAC = Key("K1", Algorithm.HMAC_SM3, "0b" * 32)
SM2 = signing.new_sm2_key("S1")


class Memory:
    """A receiver's memory of nonces."""

    def __init__(self) -> None:
        self.nonces: set[tuple[str, str]] = set()

    def __call__(self, app_id: str, nonce: str, until: datetime) -> bool:
        assert until - NOW >= timedelta(minutes=10) - timedelta(hours=1)
        fresh = (app_id, nonce) not in self.nonces
        self.nonces.add((app_id, nonce))
        return fresh


def send(key: Key, *, query: str = "", env: str = "", at: datetime = NOW) -> dict[str, str]:
    stamp = signing.stamp("BANK01", key, "REQ-1", at, env)
    return signing.sign_request(key, stamp, "POST", "/v1/orders", query, BODY)


def receive(headers: dict[str, str], *, key: Key | None = HMAC, **changed: object) -> canonical.Stamp:
    message: dict = {"method": "POST", "path": "/v1/orders", "query": "", "body": BODY, "now": NOW}
    message["remember"] = Memory()
    message.update(changed)
    return signing.verify_request(headers=headers, keys=lambda _app, _key, _env: key, **message)


def code_of(headers: dict[str, str], **changed: object) -> Code:
    with pytest.raises(Refusal) as refusal:
        receive(headers, **changed)
    return refusal.value.code


def test_sm3_agrees_with_the_standards_examples():
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_hmac_sm3_is_the_hmac_of_rfc_2104_over_sm3():
    key, block = b"key", b"key".ljust(64, b"\0")
    inner = sm3(bytes(b ^ 0x36 for b in block) + b"text")
    assert hmac_sm3(key, b"text") == sm3(bytes(b ^ 0x5C for b in block) + inner)


@pytest.mark.parametrize("key", [HMAC, SM2], ids=["hmac", "sm2"])
def test_a_signed_request_is_recognised(key):
    stamp = receive(send(key), key=key)
    assert (stamp.app_id, stamp.request_id, stamp.algorithm) == ("BANK01", "REQ-1", key.algorithm)


@pytest.mark.parametrize("key", [HMAC, SM2], ids=["hmac", "sm2"])
@pytest.mark.parametrize(
    "changed",
    [{"method": "PUT"}, {"path": "/v1/orders/1"}, {"query": "a=1"}, {"body": BODY + b" "}],
    ids=["method", "path", "query", "body"],
)
def test_a_request_changed_on_the_way_is_refused(key, changed):
    assert code_of(send(key), key=key, **changed) is Code.SIGNATURE


@pytest.mark.parametrize(
    "name",
    [canonical.APP_ID, canonical.TIMESTAMP, canonical.NONCE, canonical.REQUEST_ID, canonical.ENVIRONMENT],
)
def test_a_changed_header_breaks_the_signature(name):
    headers = send(HMAC, env="test")
    values = {canonical.TIMESTAMP: "1700000000000", canonical.NONCE: "n" * 20}
    headers[name] = values.get(name, "other")
    assert code_of(headers) is Code.SIGNATURE


def test_marking_a_request_as_test_after_signing_is_refused():
    assert code_of(send(HMAC) | {canonical.ENVIRONMENT: "test"}) is Code.SIGNATURE


def test_the_order_and_spelling_of_the_query_do_not_matter():
    headers = send(HMAC, query="b=%e4%bf%9d&a=2&a=1")
    assert receive(headers, query="a=1&a=2&b=保").app_id == "BANK01"


@pytest.mark.parametrize("missing", [canonical.APP_ID, canonical.NONCE, canonical.SIGNATURE, canonical.ALGORITHM])
def test_a_missing_header_is_refused(missing):
    headers = send(HMAC)
    del headers[missing]
    assert code_of(headers) is Code.SIGNATURE


def test_the_refusal_names_the_bad_header():
    with pytest.raises(Refusal) as refusal:
        receive(send(HMAC) | {canonical.NONCE: "short"})
    assert canonical.NONCE in refusal.value.message
    assert not refusal.value.known


def test_an_unknown_app_is_1004_and_not_known():
    with pytest.raises(Refusal) as refusal:
        receive(send(HMAC), key=None)
    assert refusal.value.code is Code.UNKNOWN_APP
    assert not refusal.value.known
    assert refusal.value.asked.nonce


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_request_more_than_300_seconds_off_is_1002(seconds):
    assert code_of(send(HMAC, at=NOW + timedelta(seconds=seconds))) is Code.TIMESTAMP


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_request_300_seconds_off_is_taken(seconds):
    assert receive(send(HMAC, at=NOW + timedelta(seconds=seconds)))


def test_a_replayed_nonce_is_1003():
    memory, headers = Memory(), send(HMAC)
    receive(headers, remember=memory)
    assert code_of(headers, remember=memory) is Code.REPLAY


def test_a_forged_request_does_not_use_up_the_nonce():
    memory, headers = Memory(), send(HMAC)
    assert code_of(headers, remember=memory, body=b"forged") is Code.SIGNATURE
    assert receive(headers, remember=memory)


def test_an_expired_key_is_1005():
    expired = Key("K1", Algorithm.HMAC_SM3, HMAC.secret, expires_at=NOW)
    assert code_of(send(HMAC), key=expired) is Code.KEY_EXPIRED


def test_the_algorithm_is_the_keys_not_the_callers():
    assert code_of(send(HMAC) | {canonical.ALGORITHM: "SM2-SM3"}) is Code.SIGNATURE


@pytest.mark.parametrize("key", [HMAC, SM2], ids=["hmac", "sm2"])
def test_an_answer_holds_only_for_its_question(key):
    asked = signing.stamp("BANK01", HMAC, "REQ-1", NOW)
    other = signing.stamp("BANK01", HMAC, "REQ-1", NOW)
    headers = signing.sign_answer(key, asked, 200, b"{}", NOW)
    known = {"keys": lambda _app, _key, _env: key, "now": NOW, "headers": headers}
    assert signing.verify_answer(asked=asked, status=200, body=b"{}", **known).nonce == asked.nonce
    for changed in ({"asked": other}, {"status": 409}, {"body": b"{ }"}):
        with pytest.raises(Refusal):
            signing.verify_answer(**({"asked": asked, "status": 200, "body": b"{}"} | changed), **known)


def test_an_answer_by_a_key_that_is_not_believed_is_refused():
    asked = signing.stamp("BANK01", HMAC, "REQ-1", NOW)
    headers = signing.sign_answer(SM2, asked, 200, b"{}", NOW)
    with pytest.raises(Refusal):
        signing.verify_answer(asked=asked, status=200, headers=headers, body=b"{}", keys=lambda *_: None, now=NOW)


def test_a_request_is_no_answer():
    """An answer's text begins with a word no method has, so neither can be passed off as the other."""
    stamp = signing.stamp("BANK01", HMAC, "REQ-1", NOW)
    assert canonical.question("POST", "/", stamp, b"") != canonical.answer(200, stamp, b"")
    assert canonical.answer(200, stamp, b"").startswith(b"ANSWER\n200\n")


def test_the_text_signed_is_the_published_one():
    stamp = canonical.Stamp("BANK01", "K1", 1700000000000, "n" * 16, "REQ-1", "HMAC-SM3")
    text = canonical.question("post", canonical.target("/v1/orders", "b=2&a=1"), stamp, b"")
    assert text.decode().split("\n") == [
        "POST",
        "/v1/orders?a=1&b=2",
        "BANK01",
        "1700000000000",
        "n" * 16,
        "REQ-1",
        sm3_hex(b""),
    ]


def test_sm2_verifies_the_standards_example():
    """GM/T 0003.5 annex A: the recommended curve, user id 1234567812345678, message "message digest"."""
    public = (
        "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    )
    signature = (
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    )
    assert sm2.verify(sm2.read_public_key("04" + public), b"message digest", signature)
    assert not sm2.verify(sm2.read_public_key(public), b"message digesT", signature)


def test_multiples_of_points_agree_with_gmssls():
    slow = CryptSM2(private_key="", public_key="")
    g = default_ecc_table["g"]
    x, y = int(g[:64], 16), int(g[64:], 16)
    for k in (1, 2, 3, 15, 16, 17, curve.N - 1, *(secrets.randbelow(curve.N) for _ in range(8))):
        found = curve.multiple(k, x, y)
        assert found
        assert f"{found[0]:064x}{found[1]:064x}" == slow._kg(k, g)
        assert curve.on_curve(*found)
    assert curve.multiple(curve.N, x, y) is None


def test_gmssl_itself_accepts_our_signatures():
    slow = CryptSM2(private_key=SM2.secret, public_key="")
    slow.public_key = SM2.public
    assert slow.verify_with_sm3(SM2.sign(b"text"), b"text")


def test_sm2_keys_that_begin_with_zeros_and_fours_work():
    while True:
        key = signing.new_sm2_key("S2")
        if key.public.startswith(("0", "4")):
            break
    assert key.verifies(b"x", key.sign(b"x"))
    assert sm2.read_public_key("04" + key.public.upper()) == key.public


@pytest.mark.parametrize(
    "signature",
    ["", "zz", "0" * 128, "f" * 128, f"{curve.N:064x}{1:064x}"],
    ids=["none", "text", "0", "f", "n"],
)
def test_sm2_refuses_signatures_out_of_range(signature):
    assert not sm2.verify(SM2.public, b"x", signature)


@pytest.mark.parametrize("text", ["", "04", "1" * 128, "g" * 128, f"{curve.P:064x}{1:064x}"])
def test_a_point_off_the_curve_is_no_public_key(text):
    with pytest.raises(sm2.BadKey):
        sm2.read_public_key(text)


def test_secrets_stay_out_of_what_is_logged():
    assert HMAC.secret not in repr(HMAC)
    assert SM2.secret not in repr(SM2)
