"""python -m app.sandbox init|all|institution|login|trading (see app/sandbox/__init__.py)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.sandbox import demo, serving
from app.sandbox.demo import Demo

PARTS = ("login", "institution", "trading")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="stand-ins for the outside")
    parser.add_argument("part", choices=["init", "all", *PARTS])
    parser.add_argument("--dir", type=Path, default=Path("var"), help="folder of demo.json")
    arguments = parser.parse_args()
    if arguments.part == "init":
        demo.create(arguments.dir)
        return
    config = demo.load(arguments.dir) if (arguments.dir / "demo.json").exists() else demo.create(arguments.dir)
    wanted = PARTS if arguments.part == "all" else (arguments.part,)
    applications, workers = [], []
    for part in wanted:
        app, worker = _build(part, config)
        applications.append((config.port(part), app))
        if worker is not None:
            workers.append(worker)
    serving.serve(applications, workers)


def _build(part: str, config: Demo) -> tuple[Any, serving.Worker | None]:
    """The part's application and what works behind it; each loads only what it needs."""
    if part == "login":
        from app.sandbox.login import site as login

        return login.build(config), None
    if part == "institution":
        from app.sandbox.institution import site as institution

        return institution.build(config)
    from app.sandbox.trading import site as trading

    return trading.build(config)


if __name__ == "__main__":
    main()
