"""Requests to a guarded application, and what of them a store remembers: when each token was last used."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import anyio
import pytest

from bearerguard import AsgiMiddleware, FirstMatch, StoredTokens
from bearerguard.errors import ConfigurationError
from bearerguard.scopes import requirement
from bearerguard.stores import digest_of
from bearerguard.stores.opening import open_store
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.stores.feeding import PATIENCE_SECONDS, eventually
from tests.stores.uses.using import NAMED, Edge, Watched, ask, guarded, issued, write_now
from tests.support import (
    START,
    App,
    Clock,
    WsgiEdge,
    asgi_scope,
    bearer,
    drive_asgi,
    server,
)


def test_a_thousand_requests_are_one_note_and_no_write(store: Watched, edge: Edge) -> None:
    """What the cache answers is noted nowhere; what it looks up again is, and is written much later."""
    token, clock = issued(store), Clock()
    guard = guarded(edge, store, clock=clock)
    assert {200} == {ask(edge, guard, token) for _ in range(1_000)}
    assert (1, []) == (store.noted, store.writers)
    clock.move(60)
    assert (200, 2) == (ask(edge, guard, token), store.noted)
    write_now(store)
    eventually(lambda: store.batches)
    assert ([{digest_of(token): START}], [NAMED + str(store._path)]) == (store.batches, store.writers)


@pytest.mark.parametrize(
    ("facts", "status", "is_used"),
    [({}, 403, True), ({"lifetime_seconds": 5.0}, 401, False), ({"revoked": True}, 401, False)],
)
def test_a_good_token_is_used_whatever_the_route_asks_for(
    store: Watched, edge: Edge, facts: dict[str, Any], status: int, is_used: bool
) -> None:
    """One that has expired, or was revoked, is not."""
    facts = dict(facts)
    revoked = facts.pop("revoked", False)
    token = issued(store, **facts)
    if revoked:
        store.revoke(digest_of(token))
    store._uses._now = clock = Clock(START + 5)  # type: ignore[union-attr]
    app = App(requires=requirement("other"))
    assert status == ask(edge, guarded(edge, store, app, clock=clock), token)
    store.close()
    assert ([{digest_of(token): START + 5}] if is_used else []) == store.batches


@pytest.mark.parametrize("kind", ["file", "sql"])
def test_it_can_be_switched_off(path: Path, edge: Edge, kind: str) -> None:
    """Then nothing is noted, no thread begins, and nothing is written."""
    place = str(path) if kind == "file" else f"sqlite:///{path}"
    open_store(place, create=True).close()  # type: ignore[attr-defined]
    store: Any = open_store(place, last_used=False)
    token = issued(store, now=time.time)
    guard = edge.guard(App(), server(StoredTokens(store), now=time.time))
    assert 200 == ask(edge, guard, token)
    assert (None, []) == (store._uses, [one for one in threading.enumerate() if one.name.startswith(NAMED)])
    store.close()
    assert {} == store.last_uses([digest_of(token)])
    store.close()


@pytest.mark.parametrize("kind", [SqliteTokenStore, SqlTokenStore])
def test_a_switch_is_true_or_false(path: Path, kind: Any) -> None:
    """Not a number of seconds."""
    with pytest.raises(ConfigurationError, match="last_used"):
        kind(path if kind is SqliteTokenStore else f"sqlite:///{path}", last_used=30)


@pytest.mark.parametrize(("kind", "backend"), [("file", "asyncio"), ("file", "trio"), ("sql", "asyncio")])
def test_when_an_application_ends_its_uses_are_written(path: Path, backend: str, kind: str) -> None:
    """The middleware closes the store before the server hears that it is over: a signal may end it then."""
    store: Any = open_store(str(path) if kind == "file" else f"sqlite:///{path}", create=True)
    token = issued(store, now=time.time)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await App().asgi(scope, receive, send)

    guard = AsgiMiddleware(app, server(FirstMatch([StoredTokens(store)]), now=time.time))

    async def serve() -> list[dict[str, Any]]:
        sent = await drive_asgi(guard, asgi_scope(headers=bearer(token)), [{"type": "http.request"}])
        await drive_asgi(guard, {"type": "lifespan"}, [])
        return sent

    assert 200 == anyio.run(serve, backend=backend)[0]["status"]
    assert [] == [one for one in threading.enumerate() if one.name.startswith(NAMED)]
    assert [digest_of(token)] == list(store.last_uses([digest_of(token)]))
    store.close()


def test_a_store_that_nobody_has_any_more_leaves_no_thread(path: Path) -> None:
    """A request has noted a use in it; its thread does not keep it alive."""
    stores = [Watched(path)]
    assert 200 == ask(WsgiEdge(), guarded(WsgiEdge(), stores[0]), issued(stores[0]))
    thread: threading.Thread = stores[0]._uses._thread  # type: ignore[union-attr,assignment]
    stores[0]._reader.close()  # else Python 3.13 warns of its connection
    gone = weakref.ref(stores.pop())
    eventually(lambda: gc.collect() is not None and gone() is None)
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
