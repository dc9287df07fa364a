"""A case as bytes: living tokens, data, nothing of the diagram.

    {"v": codec, "s": SpiffWorkflow, "n": last token number, "d": data, "e": ended,
     "l": [[process id, token that opened it or 0, its own data or 0, [token …]] …]}
    token = [number, shape id, state, number of its scope's token or 0, what it waits for]   (tail of zeros cut off)

Stored as bytes, never as jsonb. A layout once written stays readable: tests keep blobs of every version.
"""

from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow import __version__ as LIBRARY

from app.runtime.drawing import Sheet
from app.runtime.tokens import Inner, Running, Token

VERSION = 1


def dump(running: Running) -> bytes:
    levels = []
    for level in running.levels():
        level.prune()
        opener = level.parent_task_id.int if isinstance(level, Inner) else 0
        data = level.data if isinstance(level, Inner) and level.data else 0
        levels.append([level.spec.name, opener, data, [_row(t) for t in level.tasks.values() if t._parent is not None]])
    return orjson.dumps(
        {"v": VERSION, "s": LIBRARY, "n": running.numbers, "d": running.data, "e": int(running.completed), "l": levels}
    )


def load(blob: bytes, main: Sheet, levels: dict[str, Sheet]) -> Running:
    """The case again, on the given specs."""
    stored = orjson.loads(blob)
    if stored["v"] != VERSION:
        raise ValueError(f"state of codec version {stored['v']}; this code reads {VERSION}")
    running = Running(main, levels)
    running.data, running.completed = stored["d"], bool(stored["e"])
    for name, opener, data, rows in stored["l"]:
        level: Any = running
        if opener:
            level = Inner(levels[name], UUID(int=opener), running)
            level.data = data or {}
            running.subprocesses[level.parent_task_id] = level
        root = level.plant()
        byname = {0: root}
        for row in rows:
            number, shape, state, scope, waits = (*row, 0, 0)[:5]
            token = Token(level, level.spec.task_specs[shape], byname[scope], state, UUID(int=number))
            token.internal_data = waits or {}
            byname[number] = token
    running.numbers = stored["n"]
    return running


def _row(token: Token) -> list[Any]:
    scope = 0 if token.parent is token.level.task_tree else token.parent.id.int
    row = [token.id.int, token.task_spec.name, token._state, scope, token.internal_data or 0]
    while row[-1] == 0:
        row.pop()
    return row
