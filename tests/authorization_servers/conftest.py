"""Authorization servers and two guarded ones, processes of their own over TLS with a private CA."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import httpx
import pytest

from tests.authorization_servers.edge import Edge
from tests.authorization_servers.keeper import keeping
from tests.authorization_servers.programs import PATIENCE_SECONDS, Program
from tests.authorization_servers.provider import AUTHLIB, PROVIDERS, TOOLKIT, Provider
from tests.authorization_servers.signing_provider import (
    ISSUER_PATHS,
    OIDC_PROVIDER,
    SIGNING,
    SigningProvider,
)
from tests.authorization_servers.transcript import Tell, Transcript
from tests.authorization_servers.workshop import (
    ARGUMENTS,
    EDGES,
    PYTHON,
    STARTS,
    Workshop,
    make_certificates,
)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """End with nothing left of any program, and with nothing wrong in the log of a guarded server."""
    folder = tmp_path_factory.mktemp("authorization_servers")
    context = make_certificates(folder)
    with ExitStack() as stack:
        keeper = stack.enter_context(keeping())
        made = Workshop(folder, context, keeper, stack)
        yield made
    for name in EDGES:
        text = made.logged(name)
        assert "Traceback" not in text, text[-5000:]
        assert "ResourceWarning" not in text, name


@pytest.fixture(scope="session")
def programs(workshop: Workshop) -> dict[str, Program]:
    """Start the servers that every test may need."""
    started = {name: workshop.start(name, (*PYTHON, *one)) for name, one in ARGUMENTS.items()}
    for one in started.values():
        one.wait_until_ready()
    return started


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


@pytest.fixture(scope="session")
def find_signing(
    workshop: Workshop, programs: dict[str, Program], client: httpx.Client
) -> Callable[[str], SigningProvider]:
    """Start one that signs when it is first asked for: one of them may not be there."""

    @cache
    def find(name: str) -> SigningProvider:
        started = STARTS[name](workshop)
        started.wait_until_ready()
        return SigningProvider(started, client, ISSUER_PATHS[name])

    return find


@pytest.fixture(params=SIGNING)
def signing(
    request: pytest.FixtureRequest, find_signing: Callable[[str], SigningProvider]
) -> SigningProvider:
    return find_signing(request.param)


@pytest.fixture(params=(TOOLKIT, OIDC_PROVIDER))
def identity_provider(
    request: pytest.FixtureRequest,
    providers: dict[str, Provider],
    find_signing: Callable[[str], SigningProvider],
) -> Provider:
    """One that has ID tokens (OpenID Connect Core 1.0)."""
    return providers[TOOLKIT] if request.param == TOOLKIT else find_signing(request.param)


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
    name = next(
        one for one in ("provider", "signing", "identity_provider", "toolkit", "authlib") if one in asked
    )
    provider = request.getfixturevalue(name).name
    edge = request.getfixturevalue("edge").name if "edge" in asked else "asked directly"

    def note(step: str, came: object) -> None:
        transcript.note(provider, edge, step, came)

    return note
