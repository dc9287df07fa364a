"""A static site on a loopback port: pages, bundles and a state that a test can change."""

import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'"
EDITING = STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self'", "img-src 'self' data:"
)
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".bpmn": "application/xml",
    ".dmn": "application/xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
}


class Site:
    """Serves `files` (address → file or bytes) under a content security policy."""

    def __init__(self, files: dict[str, Path | bytes], policy: str) -> None:
        self.files = files
        self.policy = policy
        self.asked: list[tuple[str, int]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body, headers = site.answer(self.path.partition("?")[0], self.headers.get("If-None-Match"))
                site.asked.append((self.path, status))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet: the test reads `asked`."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.close: Callable[[], None] = self.server.shutdown
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, known: str | None) -> tuple[int, bytes, dict[str, str]]:
        if path == "/favicon.ico":
            return 204, b"", {}
        found = self.files.get(path)
        if found is None and path.startswith("/bundles/"):
            found = Path(__file__).parents[2] / "app/static" / path.removeprefix("/")
        if found is None or (isinstance(found, Path) and not found.is_file()):
            return 404, b"", {}
        body = found if isinstance(found, bytes) else found.read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if known == tag:
            return 304, b"", {"ETag": tag}
        kind = TYPES[Path(path).suffix]
        return 200, body, {"Content-Type": kind, "ETag": tag, "Content-Security-Policy": self.policy}

    def put(self, path: str, document: object) -> None:
        self.files[path] = json.dumps(document, ensure_ascii=False).encode()
