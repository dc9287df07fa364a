"""python -m app.sandbox init|…  (see app/sandbox/__init__.py)"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.sandbox import demo


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="stand-ins for the outside")
    parser.add_argument("part", choices=["init"])
    parser.add_argument("--dir", type=Path, default=Path("var"), help="folder of demo.json")
    arguments = parser.parse_args()
    demo.create(arguments.dir)


if __name__ == "__main__":
    main()
