"""A worker with one more kind of errand: it tells that it began, and ends when the test says so."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import starting, worker


def wait(payload: Mapping[str, Any], *, key: str) -> None:
    begun, go_on = Path(payload["begun"]), Path(payload["go_on"])
    begun.touch()
    end = time.monotonic() + 30
    while not go_on.exists() and time.monotonic() < end:
        time.sleep(0.02)


if __name__ == "__main__":
    app = starting.process()
    app.extensions["handlers"]["trial/wait"] = wait
    worker.main(app)
