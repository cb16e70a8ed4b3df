"""An issuer's key set as a process of its own, over TLS, which counts how often it is fetched.

    python -m benchmarks.key_set_endpoint FOLDER

FOLDER holds what `KeySetEndpoint`, which starts this process, has put there: the key set, the
certificate and the private CA.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

import trustme

from benchmarks.introspection_shared import ROOT, pin

HOST = "127.0.0.1"
KEY_SET_FILE, SERVER_FILE, CA_FILE = "jwks.json", "server.pem", "ca.pem"
PATH, COUNT_PATH = "/jwks.json", "/fetches"


class Handler(BaseHTTPRequestHandler):
    """Gives the key set, and to whoever measures how often it has."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    key_set = b""
    fetches = 0

    def do_GET(self) -> None:
        kind = type(self)
        if self.path == PATH:
            kind.fetches += 1
        content = kind.key_set if self.path == PATH else str(kind.fetches).encode("ascii")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        pass


class KeySetEndpoint:
    """The process as whoever measures sees it."""

    def __init__(self, key_set: Mapping[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.ca_file = folder / CA_FILE
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(folder / SERVER_FILE)
        (folder / KEY_SET_FILE).write_text(json.dumps(key_set), encoding="ascii")
        command = [sys.executable, "-m", "benchmarks.key_set_endpoint", self._folder.name]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        context = ssl.create_default_context(cafile=str(self.ca_file))
        self._asking = HTTPSConnection(HOST, self._port, context=context, timeout=30)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self._port}{PATH}"

    def fetches(self) -> int:
        """Give how often the key set has been fetched until now."""
        self._asking.request("GET", COUNT_PATH)
        return int(self._asking.getresponse().read())

    def __enter__(self) -> KeySetEndpoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asking.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()


def main() -> None:
    folder = Path(sys.argv[1])
    pin(1)
    Handler.key_set = (folder / KEY_SET_FILE).read_bytes()
    server = ThreadingHTTPServer((HOST, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / SERVER_FILE)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
