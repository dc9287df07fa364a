"""The served OpenAPI document is true: whatever it allows or forbids is answered as it says, and signed."""

import json
import secrets
from typing import Any

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from app import clock
from app.protocol import canonical, openapi, reference, signing, worked
from app.protocol.calls import CALLS, INSTITUTION, PLATFORM, TRADING
from app.protocol.canonical import Stamp
from app.protocol.messages.lots import VerifyQuery
from app.protocol.messages.message import read
from tests.gateway import applications, placed

SERVED = [call for call in CALLS.values() if call.answerer == PLATFORM]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
KNOWN = {"order_no": "DD1", "guarantee_no": "BH1", "lot_id": "LOT-1", "refund_no": "TB1"}
bounded = settings(
    max_examples=3,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def document(client: Any) -> dict[str, Any]:
    answer = client.get("/openapi/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json


@pytest.fixture
def known(app: Any, lot: str) -> None:
    """An order, a guarantee and an application, so that not every number is unknown."""
    app.config.update(dict.fromkeys(("GATEWAY_PER_ADDRESS", "GATEWAY_SM2_PER_ADDRESS", "GATEWAY_PER_CALLER"), 10**6))
    app.config["VERIFY_PER_ADDRESS"] = 10**6
    with app.app_context():
        placed.order("DD1", lot)
        placed.guarantee("BH1", "DD1", lot)
        applications.install(app)
        applications.begin("TB1")


@pytest.mark.parametrize("call", SERVED, ids=[call.id for call in SERVED])
def test_whatever_is_sent_is_answered_as_the_document_says_and_signed(
    call: Any, client: Any, bank: Any, trading: Any, known: None, document: dict[str, Any], platform: Any
) -> None:
    asker = bank if call.asker == INSTITUTION else trading
    keys = {key.id: key for key in (asker.key, platform)}
    operation = schemathesis.openapi.from_dict(document)[call.path][call.method]

    def answered(case: Any, headers: dict[str, str], raw: bytes) -> None:
        path = case.formatted_path
        query = {name: str(value) for name, value in (case.query or {}).items()}
        response = client.open(
            path, method=call.method, query_string=query, data=raw, headers=headers, content_type="application/json"
        )
        case.validate_response(response, checks=CHECKS)
        said = Stamp(
            *(response.headers[name] for name in (canonical.APP_ID, canonical.KEY_ID)),
            int(response.headers[canonical.TIMESTAMP]),
            *(response.headers[name] for name in (canonical.NONCE, canonical.REQUEST_ID, canonical.ALGORITHM)),
            response.headers.get(canonical.ENVIRONMENT, ""),
        )
        text = canonical.answer(response.status_code, said, response.data)
        assert keys[said.key_id].verifies(text, response.headers[canonical.SIGNATURE])

    def run(case: Any) -> None:
        for body in (case.body, _with_known(case.body)):
            raw = orjson.dumps(body) if call.body is not None and _is_json(body) else b""
            stamp = signing.stamp(asker.app_id, asker.key, secrets.token_hex(8), clock.now())
            answered(case, signing.sign_request(asker.key, stamp, call.method, case.formatted_path, "", raw), raw)
        answered(case, _sendable(case.headers or {}), raw)

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        strategy = operation.as_strategy(generation_mode=mode)
        seed(20261128)(bounded(given(strategy)(run)))()


def _with_known(body: Any) -> Any:
    """The same with numbers of ours in place of invented ones."""
    return {**body, **{name: no for name, no in KNOWN.items() if name in body}} if isinstance(body, dict) else body


def _is_json(body: Any) -> bool:
    try:
        orjson.dumps(body)
    except TypeError:
        return False
    return True


def _sendable(headers: Any) -> dict[str, str]:
    """The generated headers, as far as HTTP can carry them."""
    return {
        name: str(value) for name, value in dict(headers).items() if str(value).isascii() and str(value).isprintable()
    }


def test_every_field_has_its_words_and_every_example_would_be_taken() -> None:
    messages = [one for call in CALLS.values() for one in (call.body, call.answer) if one is not None]
    for message in reference.parts(*messages, VerifyQuery):
        assert [name for name, _field in reference.fields_of(message) if not reference.said(message, name)] == []
        read(message, reference.example(message))


def test_the_words_speak_of_nothing_that_is_not_there() -> None:
    messages = [one for call in CALLS.values() for one in (call.body, call.answer) if one is not None]
    parts = reference.parts(*messages, VerifyQuery)
    names = {name for one in parts for name, _field in reference.fields_of(one)}
    own = {f"{one.__name__}.{name}" for one in parts for name, _field in reference.fields_of(one)}
    assert set(reference.words()["fields"]) - names - own == set()
    assert set(reference.words()["without"]) - {one.__name__ for one in parts} == set()
    assert set(reference.words()["calls"]) == set(CALLS)


@pytest.mark.parametrize(("name", "answerer"), [("institution.json", INSTITUTION), ("trading.json", TRADING)])
def test_what_others_have_to_serve_is_a_document_too(client: Any, name: str, answerer: str) -> None:
    told = client.get(f"/openapi/v1/{name}").json
    schema = schemathesis.openapi.from_dict(told)
    found = {result.ok().definition.raw["operationId"] for result in schema.get_all_operations()}
    assert found == {call.id for call in CALLS.values() if call.answerer == answerer}


def test_the_documents_are_signed_by_the_platform(client: Any, demo: dict[str, Any], platform: Any) -> None:
    answer = client.get("/openapi/v1/openapi.json")
    assert answer.headers["X-Key-Id"] == platform.id
    stamp = Stamp("", platform.id, int(answer.headers["X-Timestamp"]), "", "", "SM2-SM3")
    assert platform.verifies(canonical.answer(200, stamp, answer.data), answer.headers["X-Sign"])


def test_the_worked_example_is_what_the_code_does() -> None:
    shown = worked.example()
    assert worked.KEY.verifies(shown.text.encode(), shown.signature)
    assert shown.text.splitlines()[1] == "/openapi/v1/callbacks/payment"
    assert shown.text.endswith(shown.digest)
    assert read(CALLS["B2"].body, json.loads(shown.body))  # type: ignore[arg-type]


def test_the_page_explains_every_call(client: Any) -> None:
    page = client.get("/openapi/").text
    for call in CALLS.values():
        assert f'id="{call.id}"' in page
        assert openapi.purpose(call).split("。")[0] in page
    for shown in ("待签名文本", worked.example().signature, "X-Request-Id", "1003", "签名无效"):
        assert shown in page
