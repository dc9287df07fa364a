import pytest
from flask import Flask

from tests.studio import trial


@pytest.fixture
def app(app: Flask) -> Flask:
    """The installation, with the trial policy published."""
    trial.install(app)
    return app
