"""python -m app.sandbox init|all|institution|login|trading (see app/sandbox/__init__.py)."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.sandbox import demo, serving


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="stand-ins for the outside")
    parser.add_argument("part", choices=["init", "all", "institution"])
    parser.add_argument("--dir", type=Path, default=Path("var"), help="folder of demo.json")
    arguments = parser.parse_args()
    if arguments.part == "init":
        demo.create(arguments.dir)
        return
    from app.sandbox.institution import site as institution  # typst and pyHanko are slow to load: not for init

    config = demo.load(arguments.dir) if (arguments.dir / "demo.json").exists() else demo.create(arguments.dir)
    app, outbox = institution.build(config)
    serving.serve([(demo.port("institution"), app)], start=outbox.start, stop=outbox.stop)


if __name__ == "__main__":
    main()
