"""Unexpected things are never a pass; and stores of every colour."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    ConfigurationError,
    FromFunction,
)
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    App,
    AsgiEdge,
    AsyncStore,
    ThreadedStore,
    WsgiEdge,
    asgi_scope,
    bearer,
    brief,
    drive_asgi,
    local,
    reply_of,
    server,
    stored,
)

Edge = AsgiEdge | WsgiEdge


def raise_lookup_error(*arguments: Any) -> Any:
    raise LookupError("unexpected")


@pytest.mark.parametrize(
    "settings",
    [
        {"verifier": FromFunction(raise_lookup_error)},
        {"verifier": Cached(FromFunction(raise_lookup_error))},
        {"load_user": raise_lookup_error},
        {"on_decision": raise_lookup_error},
    ],
)
def test_an_unexpected_failure_is_never_a_pass(edge: Edge, settings: dict[str, Any]) -> None:
    """It comes out, for the server's 500."""
    app = App()
    with pytest.raises(LookupError, match="unexpected"):
        edge.answer(edge.guard(app, server(**settings)), headers=bearer("good"))
    assert [] == app.seen


@pytest.mark.parametrize("kind", [MemoryTokenStore, ThreadedStore, AsyncStore])
def test_stores_of_every_colour_work_under_asgi(kind: type[MemoryTokenStore]) -> None:
    """Quick, blocking and async."""
    edge, app = AsgiEdge(), App()
    store = kind()
    token = stored(store)
    for cached in (False, True):
        guarded = edge.guard(app, local(store, cached=cached))
        assert [200, 200] == [edge.answer(guarded, headers=bearer(token)).status for _ in range(2)]
        assert 401 == edge.answer(guarded, headers=bearer(token[:-1])).status


async def load_later(facts: AccessToken) -> str | None:
    await asyncio.sleep(0)
    return facts.subject


def test_load_user_may_be_async_under_asgi() -> None:
    """Awaited on the loop."""
    assert (200, None) == brief(AsgiEdge(), AccessToken(subject="alice"), load_user=load_later)


@pytest.mark.parametrize("colour", ["async", "threaded"])
def test_200_requests_at_once_with_one_new_token_ask_the_verifier_once_under_asgi(colour: str) -> None:
    """One question, 200 answers."""
    asked: list[str] = []
    entered = threading.Event()

    async def slow(token: str) -> AccessToken:
        asked.append(token)
        await asyncio.sleep(0.1)
        return AccessToken(subject="alice")

    def blocking(token: str) -> AccessToken:
        asked.append(token)
        entered.wait(0.1)
        return AccessToken(subject="alice")

    app = App(reads=False)
    verifier = Cached(FromFunction(slow if colour == "async" else blocking))
    guarded = AsgiEdge().guard(app, server(verifier))

    async def ask_all() -> list[int]:
        requests = [drive_asgi(guarded, asgi_scope(headers=bearer("new")), []) for _ in range(200)]
        return [reply_of(sent).status for sent in await asyncio.gather(*requests)]

    assert [200] * 200 == asyncio.run(ask_all())
    assert (["new"], 200) == (asked, len(app.seen))


def test_an_async_port_that_only_its_result_gives_away_is_refused_by_run() -> None:
    """Loudly, and not as a pass: it could not be seen at construction."""
    app = App()
    verifier = FromFunction(lambda token: load_later(AccessToken()), name="f")  # type: ignore[arg-type,return-value]
    guarded = WsgiEdge().guard(app, server(verifier))
    with pytest.raises(ConfigurationError, match="is async: use it under AsgiMiddleware"):
        WsgiEdge().answer(guarded, headers=bearer("good"))
    assert [] == app.seen
