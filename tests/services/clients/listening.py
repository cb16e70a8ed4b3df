"""Where an installed application waits for its code: a port of this machine (RFC 8252 section 7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import SimpleQueue
from threading import Thread

SECONDS = 10
PATH = "/callback"


class Listener(HTTPServer):
    """Keeps the path and query of every redirect that comes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.came: SimpleQueue[str] = SimpleQueue()

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PATH}"

    def location(self) -> str:
        """Wait for the next one."""
        return f"http://127.0.0.1:{self.server_port}{self.came.get(timeout=SECONDS)}"


@contextmanager
def listening() -> Iterator[Listener]:
    with Listener() as listener:
        thread = Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        if self.path.startswith(f"{PATH}?"):  # a browser asks for an icon as well
            self.server.came.put(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"done")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing: the line would have the code."""
