"""Everything the demo plays with: a folder, a CA, tokens, an authorization server, guarded services."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import trustme

from bearerguard import ResourceServer
from bearerguard.demo.authorizing import AuthorizationServer, authorization_server
from bearerguard.demo.catalogue import HEALTH
from bearerguard.demo.flask_service import flask_service
from bearerguard.demo.guard import STALE_SECONDS, TIMEOUT_SECONDS, guard
from bearerguard.demo.logs import Logs, logs
from bearerguard.demo.servers import HOST, uvicorn_ports, werkzeug_ports
from bearerguard.demo.signing import Signer
from bearerguard.demo.starlette_service import starlette_service
from bearerguard.demo.wallet import Wallet, fill, known_remotely

Guard = Callable[[], AbstractContextManager[ResourceServer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of them, and how to reach it."""

    name: str
    url: str
    https: httpx.Client
    http: httpx.Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a chapter needs in order to play.

    `stale_services` are the same two once more, behind guards that serve stale facts through an outage.
    """

    folder: Path
    ca_file: Path
    store_file: Path
    authorization_server: AuthorizationServer
    signer: Signer
    services: tuple[Service, Service]
    stale_services: tuple[Service, Service]
    tokens: Wallet
    logs: Logs


@contextmanager
def stage() -> Iterator[Stage]:
    """Build it all up, and leave nothing behind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bearerguard-demo-"))).resolve()
        kept = stack.enter_context(logs(folder / "servers.log"))
        ca_file, certificate, asked_certificate = certificates(folder)
        store_file = folder / "tokens.db"
        tokens = fill(store_file)
        asked = stack.enter_context(
            authorization_server(
                known_remotely(tokens), asked_certificate, folder / "authorization_server.log"
            )
        )
        signer = Signer(asked.issuer)
        asked.publish(signer.published())
        guarded = partial(guard, store_file, asked, ca_file)
        trusted = ssl.create_default_context(cafile=str(ca_file))
        yield Stage(
            folder=folder,
            ca_file=ca_file,
            store_file=store_file,
            authorization_server=asked,
            signer=signer,
            services=stack.enter_context(
                _services(partial(guarded, stale_seconds=0.0), certificate, trusted)
            ),
            stale_services=stack.enter_context(
                _services(partial(guarded, stale_seconds=STALE_SECONDS), certificate, trusted)
            ),
            tokens=tokens,
            logs=kept,
        )


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """Make a certificate authority that lives for one demo, and two certificates, each with its key.

    The first is for the services, the second for the authorization server.
    """
    authority = trustme.CA()
    ca_file, *files = (folder / name for name in ("ca.pem", "server.pem", "authorization_server.pem"))
    authority.cert_pem.write_to_path(str(ca_file))
    for file in files:
        authority.issue_cert("localhost", HOST).private_key_and_cert_chain_pem.write_to_path(str(file))
    return ca_file, files[0], files[1]


@contextmanager
def _services(
    guarded: Guard, certificate: Path, trusted: ssl.SSLContext
) -> Iterator[tuple[Service, Service]]:
    with ExitStack() as stack:
        asgi = starlette_service(stack.enter_context(guarded()))
        wsgi = flask_service(stack.enter_context(guarded()))
        yield (
            stack.enter_context(_reached("Starlette", uvicorn_ports(asgi, certificate), trusted)),
            stack.enter_context(_reached("Flask", werkzeug_ports(wsgi, certificate), trusted)),
        )


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
