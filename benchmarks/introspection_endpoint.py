"""An introspection endpoint (RFC 7662) as a process of its own: uvicorn over TLS, with a delay to choose.

    python -m benchmarks.introspection_endpoint FOLDER PORT

It calls tokens active that begin with `good-`, and counts its calls. FOLDER holds what `Endpoint`,
which starts this process and steers it, has put there: the certificate and the private CA.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import trustme
import uvicorn

from bearerguard.clients._packages import httpx
from benchmarks.introspection_shared import CLIENT_ID, CLIENT_SECRET, RESOURCE, ROOT, pin

HOST = "127.0.0.1"
BACKLOG = 2_048  # a crowd of 1,000 connects at once
# Longer than our own pool keeps an idle connection, as servers do.
KEEP_ALIVE_SECONDS = 75
NEVER = 4_102_444_800  # the first day of 2100

JSON_FIELDS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class Application:
    """What the process serves: the endpoint, and /control for whoever measures."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.calls = self.in_flight = self.most_in_flight = 0
        pair = f"{CLIENT_ID}:{CLIENT_SECRET}".encode("ascii")
        self.authorization = b"Basic " + b64encode(pair)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        form = await read_form(receive)
        if form is None:
            return
        if scope["path"] == "/control":
            await answer(send, 200, self.control(form))
        elif (b"authorization", self.authorization) not in scope["headers"]:
            await answer(send, 401, {"error": "invalid_client"})
        else:
            self.calls += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            try:
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
            finally:
                self.in_flight -= 1
            await answer(send, 200, facts_of(form["token"]))

    def control(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Give the counts since the last time; `delay` sets the delay."""
        counts = {"calls": self.calls, "most_in_flight": self.most_in_flight}
        self.calls, self.most_in_flight = 0, self.in_flight
        self.delay_seconds = float(form.get("delay", self.delay_seconds))
        return counts


async def read_form(receive: Any) -> dict[str, str] | None:
    """Give the form of a request, or None where the client has gone away in the middle of it."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return {name: values[0] for name, values in parse_qs(body.decode("ascii")).items()}


def facts_of(token: str) -> dict[str, Any]:
    if not token.startswith("good-"):
        return {"active": False}
    return {
        "active": True,
        "sub": "248289761001",
        "username": "alice",
        "client_id": "s6BhdRkqt3",
        "scope": "tag rating collection",
        "token_type": "Bearer",
        "iss": "https://as.example.org",
        "aud": RESOURCE,
        "iat": 1_700_000_000,
        "exp": NEVER,
        "jti": token[-16:],
    }


async def answer(send: Any, status: int, members: dict[str, Any]) -> None:
    body = json.dumps(members).encode("ascii")
    fields = [*JSON_FIELDS, (b"content-length", str(len(body)).encode("ascii"))]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


class Endpoint:
    """The process as whoever measures sees it; it keeps its port and certificate when it is restarted."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.ca_file = folder / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        self.ssl_context = ssl.create_default_context(cafile=str(self.ca_file))
        self._port = 0
        self.start()
        self._steering = httpx.Client(verify=self.ssl_context, trust_env=False, timeout=30)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self._port}/introspect"

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "benchmarks.introspection_endpoint",
            self._folder.name,
            str(self._port),
        ]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """End it as a crash would: whoever waits for an answer gets none."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def control(self, **form: float) -> dict[str, int]:
        """Give the counts since the last time; `delay` sets the delay in seconds."""
        url = f"https://{HOST}:{self._port}/control"
        counts: dict[str, int] = self._steering.post(url, data=form).json()
        return counts

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._steering.close()
        self.stop()
        self._folder.cleanup()


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    pin(1)
    # With its protocol named: else asyncio leaves Nagle's algorithm on, which adds 40 ms to an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, port))
    listening.listen(BACKLOG)
    config = uvicorn.Config(
        Application(),
        http="httptools",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ssl_certfile=folder / "server.pem",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
