"""`make bench [ONLY=steps,orders]`: measures, says how it goes on stderr, and prints one JSON object as its last line.

SCALE=0.1 measures a tenth, for trials; a section that was run smaller than asked says so in its own keys.
"""

import importlib
import os
import sys
import time
from typing import Any

import orjson

from app import clock
from tests.bench.timing import machine, say

SECTIONS = ("steps", "scale", "timers", "orders", "rules", "gateway", "lot_change", "seal")


def run(names: tuple[str, ...], scale: float) -> dict[str, Any]:
    found: dict[str, Any] = {"date": clock.local(clock.now()).isoformat(timespec="seconds"), "machine": machine()}
    for name in names:
        say(f"— {name}")
        started = time.monotonic()
        found[name] = importlib.import_module(f"tests.bench.{name}").run(scale)
        say(f"— {name}: {time.monotonic() - started:.0f} s")
    return found


def main() -> int:
    names = tuple(name for name in os.environ.get("ONLY", "").replace(" ", "").split(",") if name) or SECTIONS
    if unknown := [name for name in names if name not in SECTIONS]:
        say(f"unknown: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
        return 2
    found = run(names, float(os.environ.get("SCALE") or 1))
    sys.stdout.write(orjson.dumps(found).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
