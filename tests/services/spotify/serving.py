"""Run the service's two edges as its page does: real servers, with TLS."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.servers.running import Server, free_port

SERVICES = Path(__file__).parents[3] / "docs" / "services"
REQUESTS_PER_WINDOW = 150  # more than the other tests send, few enough to be sent in a moment


@dataclass(frozen=True, slots=True)
class Edge:
    """One running edge: its own address, and what to verify it with."""

    name: str
    resource: str
    context: ssl.SSLContext
    ca_file: Path


@contextmanager
def running(store_file: Path, folder: Path) -> Iterator[dict[str, Edge]]:
    """Start the service on uvicorn and on gunicorn, both at once."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    certificate, key, ca_file = folder / "service.pem", folder / "service.key", folder / "service.ca.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.create_default_context(cafile=ca_file)
    servers: dict[str, Server] = {}
    try:
        for name in ("asgi", "wsgi"):
            servers[name] = _start(name, store_file, folder, context)
        for server in servers.values():
            server.listen()
        yield {
            name: Edge(name, f"https://localhost:{server.port}", context, ca_file)
            for name, server in servers.items()
        }
    finally:
        for name, server in servers.items():
            # gunicorn's graceful end waits two seconds for connections that are kept alive.
            server.process.send_signal(signal.SIGQUIT if name == "wsgi" else signal.SIGTERM)
        for server in servers.values():
            _wait(server.process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(name: str, store_file: Path, folder: Path, context: ssl.SSLContext) -> Server:
    port = free_port()
    files = str(folder / "service.pem"), str(folder / "service.key")
    python = [sys.executable, "-m"]
    if name == "asgi":
        # A client that a failed test has left open must not hold up the end.
        tls = ["--ssl-certfile", files[0], "--ssl-keyfile", files[1], "--timeout-graceful-shutdown", "1"]
        command = [*python, "uvicorn", "spotify.service_asgi:app", "--port", str(port), *tls]
    else:
        tls = ["--certfile", files[0], "--keyfile", files[1]]
        where = ["-b", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "4", "--no-control-socket"]
        command = [*python, "gunicorn", "spotify.service_wsgi:app", *where, *tls]
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "TOKENS": str(store_file),
        "RESOURCE": f"https://localhost:{port}",
        "REQUESTS_PER_WINDOW": str(REQUESTS_PER_WINDOW),
    }
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=SERVICES, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    return Server(name, process, log, context, port)
