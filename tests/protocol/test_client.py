"""The client believes only a signed answer, and says whether trying again makes sense."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from app.protocol import signing
from app.protocol.calls import A2, A4, A14, C4
from app.protocol.client import Busy, Client, Garbled, Refused, Unreachable, Untrusted
from app.protocol.codes import Code, envelope
from app.protocol.signing import Algorithm, Key

KEY = Key("K1", Algorithm.HMAC_SM3, "0b" * 32)
OTHER = Key("K1", Algorithm.HMAC_SM3, "0c" * 32)
Answer = Callable[[], Response]


class Institution:
    """Answers every request by `reply`; remembers the last."""

    def __init__(self) -> None:
        self.reply: Answer = lambda: self.signed(envelope(data={"at": "2026-11-23T10:00:00+08:00"}))
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        app = Flask("institution")
        app.add_url_rule("/", view_func=self._answer, defaults={"path": ""}, methods=["GET", "POST"])
        app.add_url_rule("/<path:path>", view_func=self._answer, methods=["GET", "POST"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/bank"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def signed(self, body: object, status: int = 200, key: Key = KEY, at: timedelta = timedelta()) -> Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = signing.sign_answer(key, signing.read_stamp(request.headers), status, content, datetime.now(UTC) + at)
        return Response(content, status, headers=headers)

    def _answer(self, path: str) -> Response:
        self.seen.append((request.method, request.full_path, dict(request.headers), request.get_data()))
        return self.reply()


@pytest.fixture(scope="module")
def server() -> Iterator[Institution]:
    server = Institution()
    yield server
    server.stop()


@pytest.fixture
def bank(server: Institution) -> Institution:
    server.reply = lambda: server.signed(envelope(data={"at": "2026-11-23T10:00:00+08:00"}))
    server.seen.clear()
    return server


@pytest.fixture
def client(bank: Institution) -> Client:
    return Client(bank.url, "BANK01", KEY, [KEY], patience=2)


def ping(client: Client) -> dict:
    return client.call(A14, {"at": datetime(2026, 11, 23, tzinfo=UTC)}, request_id="r1")


def test_a_signed_answer_comes_back_as_python_values(client):
    assert ping(client) == {"at": datetime(2026, 11, 23, 2, 0, tzinfo=UTC), "accepting": True}


def test_the_path_signed_is_the_whole_one_and_the_query_is_sent(client, bank):
    bank.reply = lambda: bank.signed(envelope(data={"exists": False}))
    client.call(C4, request_id="r1", query={"verify_code": "1", "guarantee_no": "B"})
    method, target, headers, body = bank.seen[0]
    assert (method, target, body) == ("GET", "/bank/openapi/v1/guarantees/verify?verify_code=1&guarantee_no=B", b"")
    stamp = signing.read_stamp(headers)
    text = signing.sign_request(KEY, stamp, "GET", "/bank" + C4.path, "guarantee_no=B&verify_code=1", b"")
    assert headers["X-Sign"] == text["X-Sign"]


def test_each_sending_has_its_own_nonce_and_the_same_request_id(client, bank):
    ping(client)
    ping(client)
    first, second = (signing.read_stamp(headers) for _, _, headers, _ in bank.seen)
    assert first.nonce != second.nonce
    assert first.request_id == second.request_id == "r1"


@pytest.mark.parametrize("code", [Code.ALREADY_PAID, Code.UNKNOWN, Code.SIGNATURE, Code.MISSING])
def test_a_signed_refusal_is_final(client, bank, code):
    bank.reply = lambda: bank.signed(envelope(code, "不行", {"fields": {"a": "b"}}), code.status)
    with pytest.raises(Refused) as refused:
        ping(client)
    assert (refused.value.code, refused.value.message, refused.value.data) == (code, "不行", {"fields": {"a": "b"}})


def test_a_code_we_do_not_know_is_a_refusal_too(client, bank):
    bank.reply = lambda: bank.signed({"code": 9123, "message": "新的", "data": {}}, 409)
    with pytest.raises(Refused) as refused:
        ping(client)
    assert refused.value.code == 9123


@pytest.mark.parametrize(
    ("code", "status"),
    [(Code.RETRY_LATER, 503), (Code.IN_PROGRESS, 503), (Code.REPLAY, 401), (Code.UNKNOWN, 429), (Code.UNKNOWN, 500)],
)
def test_later_is_later(client, bank, code, status):
    bank.reply = lambda: bank.signed(envelope(code), status)
    with pytest.raises(Busy):
        ping(client)


@pytest.mark.parametrize("status", [200, 302, 404, 409, 502])
def test_an_unsigned_answer_is_not_believed_whatever_it_says(client, bank, status):
    bank.reply = lambda: Response(
        orjson.dumps(envelope(Code.ALREADY_PAID)), status, headers={"Location": "http://127.0.0.1:1/"}
    )
    with pytest.raises(Untrusted):
        ping(client)


def test_an_answer_by_another_key_or_another_time_is_not_believed(client, bank):
    ok = envelope(data={"at": "2026-11-23T10:00:00+08:00"})
    bank.reply = lambda: bank.signed(ok, key=OTHER)
    with pytest.raises(Untrusted):
        ping(client)
    bank.reply = lambda: bank.signed(ok, at=timedelta(seconds=-301))
    with pytest.raises(Untrusted):
        ping(client)


def test_an_answer_to_an_earlier_sending_is_not_believed(client, bank):
    kept: list[Response] = []

    def first_answer_again() -> Response:
        if not kept:
            kept.append(bank.signed(envelope(data={"at": "2026-11-23T10:00:00+08:00"})))
        return kept[0]

    bank.reply = first_answer_again
    ping(client)
    with pytest.raises(Untrusted):
        ping(client)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"code": "0"}', b'{"code": 0, "data": {}}', b'{"code": 0, "data": 1}'])
def test_a_signed_answer_that_is_not_the_interfaces_is_garbled(client, bank, body):
    bank.reply = lambda: bank.signed(body)
    with pytest.raises(Garbled):
        ping(client)


def test_nobody_there_is_unreachable(bank):
    client = Client("http://127.0.0.1:1", "BANK01", KEY, [KEY], connect=0.5)
    with pytest.raises(Unreachable):
        ping(client)


def test_no_answer_in_time_is_unreachable(bank):
    slow = threading.Event()
    bank.reply = lambda: (slow.wait(5), bank.signed({}))[1]
    client = Client(bank.url, "BANK01", KEY, [KEY], patience=0.2)
    with pytest.raises(Unreachable):
        ping(client)
    slow.set()


@pytest.mark.parametrize("number", ["../../x", "a/b", "", "甲", "a?b", "x" * 65])
def test_numbers_in_the_path_cannot_leave_it(client, bank, number):
    with pytest.raises(ValueError, match="order_no"):
        client.call(A4, request_id="r1", order_no=number)
    assert bank.seen == []


def test_a_body_is_sent_as_the_interface_writes_it(client, bank):
    bank.reply = lambda: bank.signed(envelope(data={"order_no": "DD1"}))
    client.call(A2, {"order_no": "DD1", "guarantee_amount": 100, "attachments": None}, request_id="r")
    assert orjson.loads(bank.seen[0][3]) == {"order_no": "DD1", "guarantee_amount": "1.00"}
