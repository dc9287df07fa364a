"""The whole script against the sandbox institution: a well-mannered one passes, each bad manner is found out."""

import pytest

from app.acceptance.script import SCRIPT
from tests.acceptance.conftest import found

pytestmark = pytest.mark.both_databases


def test_a_well_mannered_institution_passes_everything(tested):
    run = tested()
    assert found(run, "failed", "unreached", "not_applicable") == {}
    assert (run.state, run.passed, run.failed, run.unreached) == ("passed", len(SCRIPT), 0, 0)
