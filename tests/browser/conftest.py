"""Chromium from the distribution, on the loopback only."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = ["no-sandbox", "disable-gpu", "disable-background-networking", "disable-component-update"]
    return {
        **browser_type_launch_args,
        "executable_path": next(p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).exists()),
        "args": [f"--{flag}" for flag in [*quiet, "disable-sync", "no-first-run"]],
    }
