"""Everything the demo plays with: a folder, a CA, a store, tokens, and two guarded services on https."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import trustme

from bearerguard import Bearer, Cached, ResourceServer, RevokeIn, StoredTokens
from bearerguard.demo.catalogue import HEALTH, SCOPES
from bearerguard.demo.flask_service import flask_service
from bearerguard.demo.judging import REALM
from bearerguard.demo.logs import Logs, logs
from bearerguard.demo.servers import HOST, uvicorn_ports, werkzeug_ports
from bearerguard.demo.starlette_service import starlette_service
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore

MAX_AGE_SECONDS = 1.0  # short, so that a revocation elsewhere is seen while somebody watches
LIFETIME_SECONDS = 86_400.0
TIMEOUT_SECONDS = 30.0  # for a machine that is busy with other things


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of the two, and how to reach it."""

    name: str
    url: str
    https: httpx.Client
    http: httpx.Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """The tokens; throw-away ones, but even so nothing shows them by accident."""

    alice: str = field(repr=False)  # every scope
    bob: str = field(repr=False)  # profile and tag
    carol: str = field(repr=False)  # to be revoked
    dave: str = field(repr=False)  # not shown to anybody before the store is gone
    importer: str = field(repr=False)  # an application's own, without a user
    expired: str = field(repr=False)
    unknown: str = field(repr=False)
    burnt: tuple[str, str] = field(repr=False)  # one for each service, to be sent in clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a chapter needs in order to play."""

    folder: Path
    ca_file: Path
    store_file: Path
    services: tuple[Service, Service]
    tokens: Wallet
    logs: Logs


@contextmanager
def stage() -> Iterator[Stage]:
    """Build it all up, and leave nothing behind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bearerguard-demo-"))).resolve()
        kept = stack.enter_context(logs(folder / "servers.log"))
        ca_file, certificate = certificates(folder)
        store_file = folder / "tokens.db"
        tokens = fill(store_file)
        services = stack.enter_context(_services(store_file, ca_file, certificate))
        yield Stage(
            folder=folder,
            ca_file=ca_file,
            store_file=store_file,
            services=services,
            tokens=tokens,
            logs=kept,
        )


def certificates(folder: Path) -> tuple[Path, Path]:
    """Make a certificate authority that lives for one demo, and a server's certificate with its key."""
    authority = trustme.CA()
    ca_file, certificate = folder / "ca.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert("localhost", HOST).private_key_and_cert_chain_pem.write_to_path(str(certificate))
    return ca_file, certificate


def command(*arguments: str) -> str:
    """Run the command `bearerguard` in a process of its own, and give what it printed."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bearerguard", *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    ).stdout.strip()


def fill(store_file: Path) -> Wallet:
    """Issue the tokens: the first with the command, as people do, the others through the store."""
    to_alice = ("--user", "alice", "--client", "picard", "--scope", " ".join(SCOPES), "--expires", "1d")
    alice = command("token", "issue", "--store", str(store_file), *to_alice)
    store = SqliteTokenStore(store_file)

    def kept(subject: str | None, scopes: Iterable[str], *, age_seconds: float = 0.0) -> str:
        token, record = issue(
            subject=subject,
            client_id="picard" if subject else "importer",
            scopes=scopes,
            lifetime_seconds=LIFETIME_SECONDS,
            now=lambda: time.time() - age_seconds,
        )
        store.add(record)
        return token

    wallet = Wallet(
        alice=alice,
        bob=kept("bob", ("profile", "tag")),
        carol=kept("carol", ("profile",)),
        dave=kept("dave", ("profile",)),
        importer=kept(None, ("submit_barcode", "collection")),
        expired=kept("frank", SCOPES, age_seconds=LIFETIME_SECONDS + 1),
        unknown=issue(subject="alice", scopes=SCOPES)[0],
        burnt=(kept("erin", ("profile",)), kept("erin", ("profile",))),
    )
    store.close()
    return wallet


@contextmanager
def _services(store_file: Path, ca_file: Path, certificate: Path) -> Iterator[tuple[Service, Service]]:
    trusted = ssl.create_default_context(cafile=str(ca_file))
    with ExitStack() as stack:
        asgi = starlette_service(stack.enter_context(_resource_server(store_file)))
        wsgi = flask_service(stack.enter_context(_resource_server(store_file)))
        yield (
            stack.enter_context(_reached("Starlette", uvicorn_ports(asgi, certificate), trusted)),
            stack.enter_context(_reached("Flask", werkzeug_ports(wsgi, certificate), trusted)),
        )


@contextmanager
def _resource_server(store_file: Path) -> Iterator[ResourceServer]:
    """Build a guard with a store object and a cache of its own, as two machines would have."""
    store = SqliteTokenStore(store_file, create=False)
    try:
        yield ResourceServer(
            resource="https://musicbrainz.example",
            realm=REALM,
            schemes=[Bearer(form=True, query=True)],
            verifier=Cached(StoredTokens(store), max_age_seconds=MAX_AGE_SECONDS),
            plain_http=RevokeIn(store),
        )
    finally:
        store.close()


@contextmanager
def _reached(
    name: str, serving: AbstractContextManager[tuple[int, int]], trusted: ssl.SSLContext
) -> Iterator[Service]:
    with serving as (https_port, http_port), ExitStack() as stack:
        url = f"https://{HOST}:{https_port}"
        # trust_env=False: a proxy from the environment has no business between us and ourselves.
        https, http = (
            stack.enter_context(
                httpx.Client(base_url=base, verify=trusted, trust_env=False, timeout=TIMEOUT_SECONDS)
            )
            for base in (url, f"http://{HOST}:{http_port}")
        )
        https.get(HEALTH)  # the handshake is no part of any row's milliseconds
        yield Service(name=name, url=url, https=https, http=http)
