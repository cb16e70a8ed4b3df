"""Two authorization servers and two guarded ones, processes of their own over TLS with a private CA."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import trustme

from tests.authorization_servers.edge import Edge
from tests.authorization_servers.keeper import keeping
from tests.authorization_servers.programs import PATIENCE_SECONDS, Program
from tests.authorization_servers.provider import AUTHLIB, PROVIDERS, TOOLKIT, Provider
from tests.authorization_servers.transcript import Tell, Transcript

HERE = "tests.authorization_servers"
EDGES = ("asgi", "wsgi")

# Every program tells of what it leaves open.
PYTHON = (sys.executable, "-W", "default::ResourceWarning", "-m")
WHERE = ("--host", "127.0.0.1", "--port", "{port}")
BIND = ("-b", "127.0.0.1:{port}", "--no-control-socket", "--certfile", "{certificate}", "--keyfile", "{key}")
ARGUMENTS = {
    TOOLKIT: ("gunicorn", f"{HERE}.toolkit_project:application", "-k", "gthread", "--threads", "8", *BIND),
    AUTHLIB: (
        *("granian", f"{HERE}.authlib_app:application", "--interface", "wsgi", "--blocking-threads", "8"),
        *(*WHERE, "--ssl-certificate", "{certificate}", "--ssl-keyfile", "{key}"),
    ),
    "asgi": (
        *("uvicorn", f"{HERE}.guarded:asgi", "--no-access-log", "--timeout-keep-alive", "60"),
        *(*WHERE, "--ssl-certfile", "{certificate}", "--ssl-keyfile", "{key}"),
    ),
    "wsgi": (
        *("gunicorn", f"{HERE}.guarded:wsgi", "-k", "gthread", "--threads", "16", "--keep-alive", "60"),
        *BIND,
    ),
}
# By different names, so that a line in a log says which of them it is about.
HOSTS = {TOOLKIT: "127.0.0.1", AUTHLIB: "localhost"}


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Program]]:
    """Start all four, and stop them with nothing left of any."""
    folder = tmp_path_factory.mktemp("authorization_servers")
    context = _make_certificates(folder)
    environment = {"AUTHORIZATION_SERVER_FOLDER": str(folder), "CA_FILE": str(folder / "ca.pem")}
    with ExitStack() as stack:
        keeper = stack.enter_context(keeping())
        started = {
            name: Program(
                *(name, (*PYTHON, *arguments), folder, context, environment, keeper),
                host=HOSTS.get(name, "127.0.0.1"),
            )
            for name, arguments in ARGUMENTS.items()
        }
        for one in started.values():
            one.start()
            stack.callback(one.stop)
        for one in started.values():
            one.wait_until_ready()
        yield started
    for name in EDGES:
        text = started[name].logged()
        assert "Traceback" not in text, text[-5000:]
        assert "ResourceWarning" not in text, name


@pytest.fixture(scope="session")
def client(programs: dict[str, Program]) -> Iterator[httpx.Client]:
    """The real client of everything: a pool for all threads."""
    context = next(iter(programs.values())).context
    with httpx.Client(verify=context, timeout=PATIENCE_SECONDS, trust_env=False) as made:
        yield made


@pytest.fixture(scope="session")
def providers(programs: dict[str, Program], client: httpx.Client) -> dict[str, Provider]:
    return {name: Provider(programs[name], client) for name in PROVIDERS}


@pytest.fixture(scope="session")
def edges(programs: dict[str, Program], client: httpx.Client) -> dict[str, Edge]:
    return {name: Edge(programs[name], client) for name in EDGES}


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, providers: dict[str, Provider]) -> Provider:
    return providers[request.param]


@pytest.fixture(params=EDGES)
def edge(request: pytest.FixtureRequest, edges: dict[str, Edge]) -> Edge:
    return edges[request.param]


@pytest.fixture
def toolkit(providers: dict[str, Provider]) -> Provider:
    return providers[TOOLKIT]


@pytest.fixture
def authlib(providers: dict[str, Provider]) -> Provider:
    return providers[AUTHLIB]


@pytest.fixture
def transcript(request: pytest.FixtureRequest) -> Transcript:
    """The table that is printed at the end, or one that nobody reads."""
    plugins = request.config.pluginmanager.get_plugins()
    return next((one for one in plugins if isinstance(one, Transcript)), Transcript())


@pytest.fixture
def tell(request: pytest.FixtureRequest, transcript: Transcript) -> Tell:
    """Note a row of the table, under the authorization server and the guarded server of this test."""
    asked = request.fixturenames
    name = next(one for one in ("provider", "toolkit", "authlib") if one in asked)
    provider = request.getfixturevalue(name).name
    edge = request.getfixturevalue("edge").name if "edge" in asked else "asked directly"

    def note(step: str, came: object) -> None:
        transcript.note(provider, edge, step, came)

    return note


def _make_certificates(folder: Path) -> ssl.SSLContext:
    """Write the authority's certificate, the servers' and its key; give what trusts them."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(folder / "server.key"))
    for at, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(str(folder / "server.pem"), append=at > 0)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
