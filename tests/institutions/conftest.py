"""The policies of institutions as they ship, on a stage where the test plays everybody."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.institutions.stage import Stage, staged
from tests.support.phones import Phones


@pytest.fixture
def stage(app: Flask, phones: Phones) -> Iterator[Stage]:
    with staged(app, phones) as stage:
        yield stage
