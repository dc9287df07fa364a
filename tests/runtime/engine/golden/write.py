"""Cases stored by this version of the code, kept for ever: `python -m tests.runtime.engine.golden.write`.

Run once when the codec's version rises; earlier files are never written again.
"""

import json
from pathlib import Path

from app.runtime import codec, engine
from tests.runtime.engine.drawings import DRAWINGS
from tests.runtime.engine.lockstep import Outside, act, opened
from tests.runtime.engine.play import define

FOLDER = Path(__file__).parent
KEPT = ("parallel", "first event", "two boundary events", "sub-process left by time", "two calls at once", "inclusive",
        "everything at once")  # fmt: skip


def main() -> None:
    stored = []
    for name in KEPT:
        case, desk = engine.start(define(*DRAWINGS[name]), {"x": 9, "人": ["甲", {"n": 1.5}]}, Outside()), Outside()
        while not case.ended and len(opened(case)) > 1:
            stored.append(
                {
                    "drawings": [file.decode() for file in DRAWINGS[name]],
                    "state": case.dump().decode(),
                    "open": opened(case),
                    "due": [timer.due_at.isoformat() for timer in case.waiting().timers],
                }
            )
            act(case, opened(case)[0], desk)
    path = FOLDER / f"codec_{codec.VERSION}.json"
    if path.exists():
        raise SystemExit(f"{path} is kept as it is")
    path.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
