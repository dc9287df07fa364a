"""The complaint policy as it ships would be published without a finding."""

from flask import Flask

from app.runtime import definitions
from app.settings import ROOT
from app.studio.findings import check
from app.studio.folders import Folder


def test_the_shipped_drawing_has_no_findings(app: Flask) -> None:
    with app.test_request_context("/"):
        assert check(Folder("complaint", definitions.seeds(ROOT)["complaint"])) == []
