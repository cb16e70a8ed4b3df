"""Run the service on uvicorn and on werkzeug, and keep of an answer what both have to say alike."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import trustme
from accounts.on_flask import build_wsgi
from accounts.on_starlette import build_asgi

from bearerguard.demo.servers import uvicorn_ports, werkzeug_ports
from bearerguard.stores import TokenStore
from tests.services.answers import FIELDS, Answer

NAMES = ("asgi", "wsgi")
RESOURCE = "https://accounts.example.org"


@dataclass(frozen=True)
class Edge:
    """One of the two: where it listens with TLS and without, and what to verify it with."""

    name: str
    port: int
    plain_port: int
    ca_file: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @cached_property
    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, verify=ssl.create_default_context(cafile=self.ca_file), timeout=10
        )

    def send(
        self,
        request: str,
        token: str | None = None,
        body: bytes | dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send `request`, such as "GET /v1/account"; an object goes as JSON."""
        fields = {} if token is None else {"Authorization": f"Bearer {token}"}
        if isinstance(body, dict):
            body, fields = json.dumps(body).encode(), {**fields, "Content-Type": "application/json"}
        method, _, target = request.partition(" ")
        response = self.client.request(method, target, content=body, headers={**fields, **(headers or {})})
        found = {name: response.headers.get_list(name) for name in FIELDS}
        return Answer(response.status_code, found, response.text)


def run_edges(store: TokenStore, folder: Path, stack: ExitStack) -> dict[str, Edge]:
    """Start both servers; each has accounts of its own, and both read one store of tokens."""
    authority = trustme.CA()
    ca_file, certificate = folder / "service.ca.pem", folder / "service.pem"
    authority.cert_pem.write_to_path(ca_file)
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    edges = {}
    for name, build, serve in zip(
        NAMES, (build_asgi, build_wsgi), (uvicorn_ports, werkzeug_ports), strict=True
    ):
        ports = stack.enter_context(serve(build(store, resource=RESOURCE), certificate))  # type: ignore[operator]
        edges[name] = Edge(name, *ports, ca_file)
        stack.callback(edges[name].client.close)
    return edges
