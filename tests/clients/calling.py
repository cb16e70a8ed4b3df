"""What the tests of HttpxClient share: calls in both colours, and a server that answers each of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import pytest

from bearerguard import Unavailable
from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.clients.httpx import HttpxClient
from tests.hostile.answers import ACTIVE, answer
from tests.hostile.authority import ca_file, good
from tests.hostile.server import HostileServer
from tests.hostile.talk import Talk

Outcome = HttpResponse | Unavailable


def question(server: HostileServer | str, token: str = "one", **more: Any) -> HttpRequest:
    """A call as an introspection makes it."""
    return HttpRequest(
        **{
            "method": "POST",
            "url": server if isinstance(server, str) else server.url(),
            "fields": {"Content-Type": "application/x-www-form-urlencoded"},
            "content": f"token={token}".encode(),
            "timeout_seconds": 10.0,
            **more,
        }
    )


def answers(talk: Talk) -> None:
    """Answer every question; "wait" when the server is told to go on, "never" not at all."""
    while True:
        token = talk.read().token
        if token == "never":
            talk.hang()
        if token == "wait":
            talk.wait_for_go()
        talk.send(answer(ACTIVE, f"X-Token: {token}"))


@contextmanager
def served(behave: Callable[[Talk], None] = answers) -> Iterator[HostileServer]:
    """A server with a good certificate."""
    with HostileServer(behave, good()) as server:
        yield server


def until_closed(server: HostileServer) -> None:
    """Wait until the server has no connection any more."""
    server.wait_for(lambda server: server.open == 0)


def client(**settings: Any) -> HttpxClient:
    """A client that trusts the server's authority."""
    return HttpxClient(**{"ca_file": ca_file("ours"), **settings})


class Colour(Protocol):
    def calls(self, http: HttpxClient, *requests: HttpRequest) -> list[Outcome]:
        """Make these calls one after the other."""

    def at_once(self, http: HttpxClient, *requests: HttpRequest) -> list[Outcome]:
        """Make these calls at the same time."""

    def timed(self, http: HttpxClient, request: HttpRequest) -> tuple[Outcome, float]:
        """Make a call, and give the seconds that it took as well."""


class Blocking:
    """On threads."""

    def calls(self, http: HttpxClient, *requests: HttpRequest) -> list[Outcome]:
        return [_send(http, request) for request in requests]

    def at_once(self, http: HttpxClient, *requests: HttpRequest) -> list[Outcome]:
        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(partial(_send, http), requests))

    def timed(self, http: HttpxClient, request: HttpRequest) -> tuple[Outcome, float]:
        began_at = time.monotonic()
        return _send(http, request), time.monotonic() - began_at


class OnALoop:
    """On an event loop; each test of this has its own, each call of these methods one more."""

    def calls(self, http: HttpxClient, *requests: HttpRequest) -> list[Outcome]:
        async def main() -> list[Outcome]:
            return [await _asend(http, request) for request in requests]

        return asyncio.run(main())

    def at_once(self, http: HttpxClient, *requests: HttpRequest) -> list[Outcome]:
        async def main() -> list[Outcome]:
            return await asyncio.gather(*(_asend(http, request) for request in requests))

        return asyncio.run(main())

    def timed(self, http: HttpxClient, request: HttpRequest) -> tuple[Outcome, float]:
        async def main() -> tuple[Outcome, float]:
            began_at = time.monotonic()
            return await _asend(http, request), time.monotonic() - began_at

        return asyncio.run(main())


both_colours = pytest.mark.parametrize("colour", [Blocking(), OnALoop()], ids=["blocking", "on a loop"])


def statuses(outcomes: list[Outcome]) -> list[int | str]:
    """What came back: a status, or the kind of the failure and its text."""
    return [one.status if isinstance(one, HttpResponse) else str(one) for one in outcomes]


def _send(http: HttpxClient, request: HttpRequest) -> Outcome:
    try:
        return http.send(request)
    except Unavailable as error:
        return error


async def _asend(http: HttpxClient, request: HttpRequest) -> Outcome:
    try:
        return await http.asend(request)
    except Unavailable as error:
        return error
