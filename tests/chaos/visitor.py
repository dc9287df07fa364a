"""One person at a browser: comes back when nothing answers, signs in again when the session is gone."""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx

from tests.chaos.stage import Stage

PATIENCE = 120.0
Files = Mapping[str, tuple[str, bytes, str]] | None
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Lost(Exception):
    """The answer did not come; whether it was done is unknown."""


class Visitor:
    def __init__(self, stage: Stage, role: str, **who: Any):
        self.stage, self.role, self.who = stage, role, who
        self.client = httpx.AsyncClient(timeout=20, trust_env=False)
        self.cookies: dict[str, str] = {}
        self.token = ""

    async def get(self, path: str) -> httpx.Response:
        return await self._ask("GET", path, None)

    async def post(self, path: str, *, once: bool = False, files: Files = None, **form: str) -> httpx.Response:
        """Send a form. `once`: raise Lost rather than send it again when the answer does not come."""
        return await self._ask("POST", path, form, once=once, files=files)

    async def close(self) -> None:
        await self.client.aclose()

    async def _ask(
        self, method: str, path: str, form: dict[str, str] | None, *, once: bool = False, files: Files = None
    ) -> httpx.Response:
        end = time.monotonic() + PATIENCE
        said, refused = "", 0
        while time.monotonic() < end:
            try:
                if not self.cookies:
                    await self._sign_in()
                data = None if form is None else {**form, "csrf_token": self.token}
                answer = await self._send(method, path, data, files)
            except httpx.HTTPError as error:
                said = repr(error)
                if once and not isinstance(error, httpx.ConnectError):
                    raise Lost(said) from error
            else:
                said = f"HTTP {answer.status_code}"
                if answer.status_code == 400 and refused < 2:  # the token was of a session that is gone
                    refused += 1
                    self.cookies = {}
                elif answer.status_code == 401 or "/login" in answer.headers.get("location", ""):
                    self.cookies = {}
                elif answer.status_code < 500 and answer.status_code != 429:
                    return answer
                elif once and answer.status_code in (500, 502, 504):
                    raise Lost(said)
            await asyncio.sleep(0.3)
        raise TimeoutError(f"{method} {path}: {said}")

    async def _send(self, method: str, path: str, data: dict[str, str] | None, files: Files = None) -> httpx.Response:
        self.client.cookies.clear()
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = path if path.startswith("http") else f"{self.stage.web}{path}"
        return await self.client.request(method, url, data=data, files=files, headers={"Cookie": cookie})

    async def _sign_in(self) -> None:
        """A session made beside the login platform; its token is read from a page, as a browser does."""
        try:
            self.cookies = await asyncio.to_thread(self.stage.sign_in, self.role, **self.who)
        except Exception as error:  # Redis or the database is away
            raise httpx.ConnectError(f"sign in: {error!r}") from error
        page = await self._send("GET", "/work/", None)
        found = _TOKEN.search(page.text)
        if found is None:
            self.cookies = {}
            raise httpx.ConnectError(f"no page: HTTP {page.status_code}")
        self.token = found[1]
