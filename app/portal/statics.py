"""Styles and scripts under an address of their own version, so that browsers keep them until they change.

`/static/@<version>/css/…`: scripts import one another by relative addresses, which then carry the version too.
"""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request

YEAR = 365 * 24 * 3600
KINDS = {".css", ".js", ".svg"}


def init(app: Flask) -> None:
    current = version(Path(app.static_folder or ""))
    app.add_url_rule(f"{app.static_url_path}/@<version>/<path:filename>", endpoint="static")

    @app.url_value_preprocessor
    def _take_version(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if endpoint == "static" and values is not None:
            g.static_version = values.pop("version", None)

    @app.url_defaults
    def _put_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "version" not in values and not app.debug:
            values["version"] = current

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint == "static" and g.get("static_version") == current and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return response


def version(folder: Path) -> str:
    """Changes with any style or script."""
    digest = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.suffix in KINDS):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
