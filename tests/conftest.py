"""What every test may ask for. The fixtures themselves stand in tests/support, one noun a file.

`app` is a new installation on SQLite. A test (or module) marked `both_databases` runs on SQLite and on PostgreSQL,
one marked `postgresql` on PostgreSQL only.
"""

import pytest

pytest_plugins = [
    "tests.support.workers",
    "tests.support.fixtures",
    "tests.support.browser",
    "tests.support.product",
    "tests.support.people",
    "tests.support.demo",
    "tests.support.phones",
    "tests.support.papers",
    "tests.support.stage",
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "installation" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("both_databases"):
        kinds = ["sqlite", "postgresql"]
    elif metafunc.definition.get_closest_marker("postgresql"):
        kinds = ["postgresql"]
    else:
        kinds = ["sqlite"]
    metafunc.parametrize("installation", kinds, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: from the first of them on, Playwright's event loop runs in this thread, and code that
    starts one of its own (signing a PDF does) would be refused."""
    items.sort(key=lambda item: "playwright" in getattr(item, "fixturenames", ()))
