"""The drawings that run the acceptance test, and look after its failures, as they ship."""

import pytest
from flask import Flask

from app.runtime import definitions
from app.settings import ROOT
from app.studio.findings import check
from app.studio.folders import Folder


@pytest.mark.parametrize("policy", ["acceptance", "acceptance_watch"])
def test_the_shipped_drawings_have_no_findings(app: Flask, policy: str) -> None:
    with app.test_request_context("/"):
        assert check(Folder(policy, definitions.seeds(ROOT)[policy])) == []
