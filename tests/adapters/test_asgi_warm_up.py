"""What the first request would wait for is fetched before the server lets requests in."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from bearerguard import (
    AsgiMiddleware,
    ByIssuer,
    Cached,
    ConfigurationError,
    FirstMatch,
    FromFunction,
    RevokedTokens,
    StoredTokens,
    Unavailable,
)
from bearerguard.adapters import asgi
from bearerguard.breaker import Unreachable
from bearerguard.flow import Flow
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import Verifier
from tests.clients.publishing import FIRST, ISSUER, JWKS
from tests.issuing import CLIENT, OPAQUE, Api, token
from tests.support import AsgiEdge, WsgiEdge, known, server

STARTED = {"type": "lifespan.startup.complete"}
FAILED = {"type": "lifespan.startup.failed", "message": "no database"}


def start(resource_server: Any, answer: dict[str, Any] = STARTED, note: Any = lambda type_: None) -> None:
    """Let an application start behind the guard, as a server does."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(answer)

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        note(message["type"])

    asyncio.run(AsgiMiddleware(app, resource_server)({"type": "lifespan"}, receive, send))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


def test_the_server_hears_of_the_start_when_all_is_there() -> None:
    """Then the first request waits for nobody."""
    api = Api(AsgiEdge(), client=CLIENT)
    start(api.server, note=api.http.called.append)
    assert (["asend", "asend", STARTED["type"]], [FIRST, JWKS]) == (api.http.called, api.http.urls)
    assert ((200, None), []) == (api.outcome(token()), api.http.urls)


def test_an_application_that_does_not_start_needs_nothing() -> None:
    """And its failure is not held up."""
    api = Api(AsgiEdge())
    start(api.server, FAILED)
    assert [] == api.http.urls


@pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=lambda edge: edge.name)
def test_whoever_has_no_lifespan_calls_it(edge: Any) -> None:
    """Under WSGI, or in a program of one's own."""
    api = Api(edge, client=CLIENT)
    if edge.name == "wsgi":
        api.server.warm_up()
    else:
        asyncio.run(api.server.awarm_up())
    assert [FIRST, JWKS] == api.http.urls
    assert ((200, None), []) == (api.outcome(token()), api.http.urls)
    assert (200, None) == api.outcome(OPAQUE)


def test_a_start_does_not_fail_with_the_issuer(caplog: pytest.LogCaptureFixture) -> None:
    """It is a line in the log, and the first request tries again."""
    api = Api(AsgiEdge())
    page, api.http.pages[FIRST] = api.http.pages[FIRST], Unreachable("no answer")
    start(api.server, note=api.http.called.append)
    said = "the metadata of as.example.org/tenant is unavailable, requests that need it get 503: no answer"
    assert ([said], ["asend", STARTED["type"]]) == (warnings(caplog), api.http.called)
    api.http.pages[FIRST] = page
    assert (200, None) == api.outcome(token())


def test_a_start_does_not_wait_for_ever(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way then is given up, and the first request begins anew."""
    monkeypatch.setattr(asgi, "WARM_UP_SECONDS", 0.01)
    api = Api(AsgiEdge())
    api.http.gate = threading.Event()
    start(api.server, note=api.http.called.append)
    said = "what the first request will need was not fetched within 0.01 seconds"
    assert ([said], ["asend", STARTED["type"]]) == (warnings(caplog), api.http.called)
    api.http.gate = None
    assert (200, None) == api.outcome(token())


def test_a_start_waits_for_five_seconds_at_most() -> None:
    """Less than whoever starts servers has patience for."""
    assert 5.0 == asgi.WARM_UP_SECONDS


class Cold(FromFunction):
    """A verifier of somebody's own, whose warm-up fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__(known())
        self.error = error

    def warm_up(self) -> Flow[None]:
        yield from ()
        raise self.error


def test_an_outage_that_nobody_has_logged_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Verifiers of others may say it by the exception that they know."""
    start(server(Cold(Unavailable("the table is locked"))))
    assert ["what the first request will need could not be fetched: the table is locked"] == warnings(caplog)


@pytest.mark.parametrize("error", [ConfigurationError("no table"), OSError("stuck")])
def test_a_mistake_is_found_at_the_start(error: Exception) -> None:
    """It is no outage, and no request would ever pass."""
    heard: list[str] = []
    with pytest.raises(type(error)):
        start(server(Cold(error)), note=heard.append)
    assert [] == heard


@pytest.mark.parametrize(
    "around",
    [
        Cached,
        lambda verifier: RevokedTokens(verifier, MemoryTokenStore()),
        lambda verifier: FirstMatch([StoredTokens(MemoryTokenStore()), FromFunction(known()), verifier]),
        lambda verifier: ByIssuer({ISSUER: verifier}),
        lambda verifier: ByIssuer({"https://other.example.org": FromFunction(known())}, otherwise=verifier),
        lambda verifier: Cached(FirstMatch([FromFunction(known()), ByIssuer({ISSUER: Cached(verifier)})])),
    ],
)
def test_it_is_warmed_up_wherever_it_is(around: Any) -> None:
    """Through every verifier that holds others."""
    api = Api(AsgiEdge())
    verifier: Verifier = around(api.issuer.verifier())
    start(server(verifier))
    assert [FIRST, JWKS] == api.http.urls


def test_a_guard_that_needs_nothing_is_warm() -> None:
    """Most do not."""
    heard: list[str] = []
    start(server(), note=heard.append)
    assert [STARTED["type"]] == heard
