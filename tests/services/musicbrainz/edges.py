"""Run the service on uvicorn and on werkzeug, and keep of an answer what both have to say alike."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import ssl
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import httpx
import pytest
import trustme
from musicbrainz.editors import by_name, editor
from musicbrainz.on_flask import build_wsgi
from musicbrainz.on_starlette import build_asgi

from bearerguard.demo.servers import uvicorn_ports, werkzeug_ports
from bearerguard.devserver import DevServer
from bearerguard.stores import TokenStore

NAMES = ("asgi", "wsgi")
RESOURCE = "https://musicbrainz.example"
PASSWORD = "a long password"
XML = "application/xml; charset=utf-8"
JSON = "application/json; charset=utf-8"
BARE = 'Bearer realm="musicbrainz.org"'
DIGEST = 'Digest realm="musicbrainz.org", nonce="NONCE", qop="auth", algorithm=MD5'
EDITORS = by_name(editor(name, PASSWORD, f"{name}@example.org") for name in ("alice", "bob", "zoë", "eve"))

_NONCE = re.compile(r'nonce="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client gets to see; nonces, which are never the same, are masked."""

    status: int
    challenges: tuple[str, ...]
    content_type: str | None
    body: str
    allow: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One of the two: where it listens with TLS and without."""

    name: str
    secure_port: int
    plain_port: int
    ca_file: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.secure_port}"

    @property
    def plain_url(self) -> str:
        return f"http://localhost:{self.plain_port}"

    def client(self, *, plain: bool = False, auth: httpx.Auth | None = None) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.ca_file)
        url = self.plain_url if plain else self.url
        return httpx.Client(base_url=url, verify=context, auth=auth, timeout=10)

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        *,
        plain: bool = False,
    ) -> Answer:
        with self.client(plain=plain) as client:
            response = client.request(method, target, headers=headers, content=content)
        assert "no-store" in response.headers["cache-control"]
        return Answer(
            response.status_code,
            tuple(_NONCE.sub('nonce="NONCE"', one) for one in _challenges_of(response)),
            response.headers.get("content-type"),
            response.text,
            response.headers.get("allow"),
        )

    def challenge(self, method: str, target: str) -> str:
        """Give the Digest challenge of a request without credentials."""
        with self.client() as client:
            return _challenges_of(client.request(method, target))[0]


class Tokens:
    """Tokens straight from the authorization server, for what is not about how they are got."""

    def __init__(self, dev: DevServer) -> None:
        self._dev = dev

    def of(self, *scopes: str, subject: str | None = "alice") -> str:
        return self._dev.token(subject=subject, client_id="picard", scopes=scopes)

    def field(self, *scopes: str, subject: str | None = "alice") -> dict[str, str]:
        return {"authorization": f"Bearer {self.of(*scopes, subject=subject)}"}


def run_edges(store: TokenStore, folder: Path, stack: ExitStack) -> dict[str, Edge]:
    """Start both servers; each has its own editors' tags, and both read one store of tokens."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        folder / "localhost.pem"
    )
    asgi = build_asgi(store, resource=RESOURCE, editors=EDITORS)
    wsgi = build_wsgi(store, resource=RESOURCE, editors=EDITORS)
    served = (uvicorn_ports(asgi, folder / "localhost.pem"), werkzeug_ports(wsgi, folder / "localhost.pem"))
    return {
        name: Edge(name, *stack.enter_context(ports), folder / "ca.pem")
        for name, ports in zip(NAMES, served, strict=True)
    }


def digest_field(
    challenge: str,
    method: str,
    target: str,
    *,
    user: str = "alice",
    password: str = PASSWORD,
    nc: str = "00000001",
    **instead: str,
) -> dict[str, str]:
    """Answer a challenge as RFC 7616 section 3.4.1 computes it; `instead` replaces parameters afterwards."""
    match = _NONCE.search(challenge)
    assert match, challenge
    stem = f"{match[1]}:{nc}:0a4f113b:auth"
    response = _hex(f"{_hex(f'{user}:musicbrainz.org:{password}')}:{stem}:{_hex(f'{method}:{target}')}")
    quoted = {
        "username": user,
        "realm": "musicbrainz.org",
        "nonce": match[1],
        "uri": target,
        "response": response,
        "cnonce": "0a4f113b",
    } | instead
    shown = ", ".join(f'{name}="{value}"' for name, value in quoted.items() if value)
    return {"authorization": f"Digest {shown}, algorithm=MD5, qop=auth, nc={nc}"}


def needed(program: str) -> str:
    """Find a program; without it the test is skipped, unless this is where all of them have to run."""
    found = shutil.which(program)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{program} is not installed")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def needed_package(name: str) -> object:
    """Import a client in the same way."""
    return importlib.import_module(name) if os.environ.get("CI") else pytest.importorskip(name)


def problem(text: str) -> str:
    """An error in XML."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f"<error><text>{text}</text><text>See https://musicbrainz.org/doc/MusicBrainz_API</text></error>"
    )


def metadata(content: str) -> str:
    """A document of /ws/2."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#">{content}</metadata>'
    )


def _challenges_of(response: httpx.Response) -> Iterable[str]:
    return response.headers.get_list("www-authenticate")


def _hex(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
