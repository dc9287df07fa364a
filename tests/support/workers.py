"""How the suite is shared out when several workers run it (`make check`, or `pytest -n 2`).

Each worker is a process with servers of its own: every fixture of a session is one of a worker. A file's tests stay
together, for they share what was costly to set up.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """Pieces are handed out in the order of collection, so that browser tests come last in every worker."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return f"{file} in a browser" if "chromium" in test.partition("[")[2] else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)
