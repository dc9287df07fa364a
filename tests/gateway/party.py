"""A party that calls the platform: signs as the protocol says, and believes only signed answers."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from app.protocol import signing
from app.protocol.calls import Call
from app.protocol.canonical import Stamp
from app.protocol.messages.message import write
from app.protocol.signing import Key


@dataclass
class Answer:
    status: int
    code: int
    message: str
    data: dict[str, Any]
    signed_by: str

    @property
    def fields(self) -> dict[str, str]:
        return self.data.get("fields", {})


@dataclass
class Party:
    """`believed`: the keys whose signature on an answer holds."""

    client: FlaskClient
    app_id: str
    key: Key
    believed: list[Key]
    sent: list[dict[str, Any]] = field(default_factory=list)

    def say(self, call: Call, body: Any = None, *, request_id: str = "", **numbers: str) -> Answer:
        """Send a message given as Python values."""
        raw = b"" if call.body is None else orjson.dumps(write(call.body, body or {}))
        return self.send(call.method, call.at(**numbers), raw, request_id=request_id)

    def send(
        self,
        method: str,
        path: str,
        raw: bytes = b"",
        *,
        request_id: str = "",
        late: timedelta = timedelta(),
        env: str = "",
        signed_body: bytes | None = None,
    ) -> Answer:
        """`late` dates the stamp back; `signed_body` is what the signature is for, if it is not what is sent."""
        stamp = signing.stamp(self.app_id, self.key, request_id or secrets.token_hex(8), clock.now() - late, env)
        headers = signing.sign_request(self.key, stamp, method, path, "", raw if signed_body is None else signed_body)
        self.sent.append({"method": method, "path": path, "data": raw, "headers": headers})
        return self.again(stamp)

    def again(self, stamp: Stamp | None = None, **headers: str) -> Answer:
        """Send the last request once more, as it was, or with some headers changed."""
        last = self.sent[-1]
        said = last["headers"] | headers
        response = self.client.open(
            last["path"],
            method=last["method"],
            data=last["data"],
            headers=said,
            content_type="application/json",
            buffered=True,
        )
        asked = signing.read_stamp(said) if stamp is None else stamp
        return believe(response, asked, self.believed)

    def with_key(self, key: Key) -> "Party":
        return replace(self, key=key, sent=[])


def believe(response: TestResponse, asked: Stamp, believed: list[Key]) -> Answer:
    """The answer, once its signature held for this very question."""
    ring = {key.id: key for key in believed}
    said = signing.verify_answer(
        asked=asked,
        status=response.status_code,
        headers=response.headers,
        body=response.data,
        keys=lambda _app, key_id, _env: ring.get(key_id),
        now=clock.now(),
    )
    envelope = orjson.loads(response.data)
    return Answer(response.status_code, envelope["code"], envelope["message"], envelope["data"], said.key_id)
