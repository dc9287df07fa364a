"""Kill switch: a process of the product dies right after a commit, before anybody is told of it.

Python runs this module at the start of every process that has this folder in PYTHONPATH. It does nothing unless
FAILPOINTS names a folder; there a file named after a part of the product ("web", "worker", "relay") is a warrant:
the first process of that part that commits afterwards takes the file away and kills itself.
"""

import os
import signal
import sys

PARTS = {"gunicorn": "web", "app.worker": "worker", "app.jobs.relay": "relay"}


def _part() -> str:
    return next((part for module, part in PARTS.items() if module in sys.orig_argv), "")


def _set(warrant: str) -> None:
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    def committed(session: Session) -> None:
        if "after_commit" not in session.info:  # nothing was written
            return
        try:
            os.unlink(warrant)
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Session, "after_commit", committed)


if os.environ.get("FAILPOINTS") and _part():
    _set(os.path.join(os.environ["FAILPOINTS"], _part()))
