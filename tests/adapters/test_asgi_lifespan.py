"""What outlives a request is closed on the application's own loop, before the server stops it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bearerguard import AsgiMiddleware, Cached, FirstMatch, FromFunction, StoredTokens
from bearerguard.flow import Flow
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import Verifier
from tests.support import AsgiEdge, drive_asgi, known, server
from tests.verifiers.introspecting import PASSED, Remote

BOTH = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

STARTED = {"type": "lifespan.startup.complete"}
STOPPED = {"type": "lifespan.shutdown.complete"}
FAILED = {"type": "lifespan.shutdown.failed", "message": "the database did not let go"}


class Answering:
    """An application that answers the server's lifespan so, one message after the other."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = answers
        self.received: list[Any] = []
        self.scope: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        for answer in self.answers:
            self.received.append(await receive())
            await send(answer)


async def live(app: Any, messages: list[dict[str, Any]], note: Any) -> list[dict[str, Any]]:
    """Let an application live as a server does, and note when it hears of what."""
    waiting, sent = iter(messages), []

    async def receive() -> Any:
        return next(waiting)

    async def send(message: Any) -> None:
        note(message["type"])
        sent.append(message)

    await app({"type": "lifespan", "state": {}}, receive, send)
    return sent


def guard(remote: Remote, app: Any) -> AsgiMiddleware:
    return AsgiMiddleware(app, remote.server)


def life(remote: Remote, *answers: dict[str, Any]) -> list[str]:
    """What happens in which order: what the server hears, and what the client is told."""
    asyncio.run(live(guard(remote, Answering(*answers)), BOTH, remote.http.called.append))
    return remote.http.called


@pytest.mark.parametrize("last", [STOPPED, FAILED])
def test_connections_are_closed_before_the_server_hears_of_the_end(last: dict[str, Any]) -> None:
    """Whichever end it is: then it stops the loop, and nothing could be closed any more."""
    remote = Remote(AsgiEdge())
    assert ["lifespan.startup.complete", "aclose", last["type"]] == life(remote, STARTED, last)


@pytest.mark.parametrize(
    "first", [STARTED, {"type": "lifespan.startup.failed", "message": "no database"}, {"type": "other"}]
)
def test_nothing_is_closed_at_any_other_message(first: dict[str, Any]) -> None:
    """The beginning is no end."""
    remote = Remote(AsgiEdge())
    assert [first["type"]] == life(remote, first)


def in_a_chain(verifier: Verifier) -> Verifier:
    return FirstMatch([StoredTokens(MemoryTokenStore()), FromFunction(known()), verifier])


def in_a_cache(verifier: Verifier) -> Verifier:
    return Cached(verifier)


def in_both(verifier: Verifier) -> Verifier:
    return Cached(FirstMatch([FromFunction(known()), Cached(verifier)]))


@pytest.mark.parametrize("around", [in_a_chain, in_a_cache, in_both])
def test_it_is_closed_wherever_it_is(around: Any) -> None:
    """Through every verifier that holds others."""
    remote = Remote(AsgiEdge(), around=around)
    assert ["aclose", "lifespan.shutdown.complete"] == life(remote, STARTED, STOPPED)[1:]


class Stuck(FromFunction):
    """A verifier that cannot let go."""

    def close(self) -> Flow[None]:
        raise OSError("stuck")


@pytest.mark.parametrize("last", [STOPPED, FAILED])
def test_the_server_hears_of_the_end_although_closing_fails(last: dict[str, Any]) -> None:
    """Else it would wait for that; and the failure is told as any of the application's own."""
    heard: list[str] = []
    app = AsgiMiddleware(Answering(STARTED, last), server(Stuck(known())))
    with pytest.raises(OSError, match=r"^stuck$"):
        asyncio.run(live(app, BOTH, heard.append))
    assert [STARTED["type"], last["type"]] == heard


def test_every_one_of_several_is_closed() -> None:
    """Not the first alone."""
    second = Remote(AsgiEdge())
    first = Remote(AsgiEdge(), around=lambda one: FirstMatch([one, second.introspection]))
    life(first, STARTED, STOPPED)
    assert (1, ["aclose"]) == (first.http.called.count("aclose"), second.http.called)


def test_everything_else_passes_untouched() -> None:
    """The scope, what the server says and what the application says are the very same objects."""
    remote, app = Remote(AsgiEdge()), Answering(STARTED, FAILED)
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = asyncio.run(live(guard(remote, app), messages, lambda type_: None))
    assert [True] * 4 == [
        one is other for one, other in zip([*app.received, *sent], [*messages, STARTED, FAILED], strict=True)
    ]
    assert {"type": "lifespan", "state": {}} == app.scope


def test_an_application_that_knows_no_lifespan_fails_as_it_did() -> None:
    """The server has to see that."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http", "no lifespan here"

    with pytest.raises(AssertionError, match=r"^no lifespan here"):
        asyncio.run(drive_asgi(AsgiMiddleware(app, server()), {"type": "lifespan"}, []))


def test_a_guard_without_connections_is_closed_without_a_word() -> None:
    """There is nothing to let go of."""
    app = AsgiMiddleware(Answering(STARTED, STOPPED), server())
    assert [STARTED, STOPPED] == asyncio.run(live(app, BOTH, lambda type_: None))


def test_what_was_closed_can_be_used_again() -> None:
    """The next request opens new ones."""
    remote = Remote(AsgiEdge())
    life(remote, STARTED, STOPPED)
    assert PASSED == remote.outcome()


@pytest.mark.parametrize("around", [lambda verifier: verifier, in_a_chain, in_a_cache, in_both])
def test_a_server_of_ones_own_can_be_closed_in_either_colour(around: Any) -> None:
    """Where nobody tells of the end, as under WSGI or in a script."""
    remote = Remote(AsgiEdge(), around=around)
    remote.server.close()
    assert ["close"] == remote.http.called
    asyncio.run(remote.server.aclose())
    assert ["close", "aclose"] == remote.http.called
    assert PASSED == remote.outcome()
