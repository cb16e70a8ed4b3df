"""Start each real server once, over TLS, and stop all of them."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.servers.running import ASGI, WSGI, Server, command, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    folder = tmp_path_factory.mktemp("servers")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = str(folder / "server.pem"), str(folder / "server.key")
    issued.private_key_pem.write_to_path(key)
    for at, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(certificate, append=at > 0)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    started: dict[str, Server] = {}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    try:
        for name in (*ASGI, *WSGI):
            port = free_port() if name.startswith("granian") else 0
            log = folder / f"{name}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    command(name, certificate, key, port),
                    cwd=folder,
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            started[name] = Server(name, process, log, context, port)
        for one in started.values():
            one.listen()
        yield started
    finally:
        for one in started.values():
            one.process.terminate()
        for one in started.values():
            try:
                one.process.wait(10)
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()


@pytest.fixture(params=[*ASGI, *WSGI])
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    return servers[request.param]


@pytest.fixture(params=ASGI)
def asgi_server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    return servers[request.param]
