"""The authorization server's process, as the demo sees it: it can be killed and started again."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bearerguard import ClientSecretBasic
from bearerguard.demo.authorization_server import INTROSPECTION_PATH
from bearerguard.demo.servers import HOST

PROGRAM = Path(__file__).with_name("authorization_server.py")
CLIENT_ID = "musicbrainz-api"
STOP_SECONDS = 5.0  # far more than it needs


class AuthorizationServer:
    """A process that answers RFC 7662 over https, always on the same port, and publishes keys.

    `client` is who may ask it. The tokens and the keys that it knows outlive the process, as in a database.
    """

    def __init__(self, tokens: Mapping[str, Mapping[str, Any]], certificate: Path, log_file: Path) -> None:
        self.client = ClientSecretBasic(CLIENT_ID, secrets.token_urlsafe())
        self._tokens = tokens
        self._certificate = certificate
        self._log_file = log_file
        self._port = 0  # the system's choice, once
        self._keys: Mapping[str, Any] = {"keys": []}
        self.start()

    @property
    def issuer(self) -> str:
        """Its name, by which all else about it is found (RFC 8414)."""
        return f"https://{HOST}:{self._port}"

    @property
    def endpoint(self) -> str:
        return f"{self.issuer}{INTROSPECTION_PATH}"

    def start(self) -> None:
        """Start the process, and come back when it listens."""
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                # -P: the folder of the program is no place to import from.
                [sys.executable, "-P", str(PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
            )
        port = self._tell(self._settings())
        if not port:
            self.stop()
            raise RuntimeError(f"the authorization server did not start: {self._log()}")
        self._port = int(port)

    def publish(self, keys: Mapping[str, Any]) -> None:
        """Have it publish these keys from now on, and no others."""
        self._keys = keys
        self._tell(keys)

    def kill(self) -> None:
        """End the process at once: its connections break, and new ones are refused."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        """End the process by the end of its standard input, or else by force; it may be gone already."""
        try:
            self._process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def questions(self) -> int:
        """Count what it was asked so far and has answered; its log has each before the answer goes out."""
        return self._log().count(f'"POST {INTROSPECTION_PATH} HTTP/1.1" 200')

    def _tell(self, members: Mapping[str, Any]) -> str:
        """Write it a line, and give the one that it answers: none, where it has ended."""
        told, tells = self._process.stdin, self._process.stdout
        assert told is not None  # noqa: S101 - a pipe
        assert tells is not None  # noqa: S101 - a pipe
        told.write(f"{json.dumps(members)}\n")
        told.flush()
        return tells.readline()

    def _log(self) -> str:
        return self._log_file.read_text(encoding="utf-8")

    def _settings(self) -> Mapping[str, Any]:
        return {
            "host": HOST,
            "port": self._port,
            "certificate": str(self._certificate),
            "client_id": self.client.client_id,
            "client_secret": self.client.client_secret,
            "tokens": self._tokens,
            "keys": self._keys,
        }


@contextmanager
def authorization_server(
    tokens: Mapping[str, Mapping[str, Any]], certificate: Path, log_file: Path
) -> Iterator[AuthorizationServer]:
    """Start one, and end it afterwards."""
    server = AuthorizationServer(tokens, certificate, log_file)
    try:
        yield server
    finally:
        server.stop()
