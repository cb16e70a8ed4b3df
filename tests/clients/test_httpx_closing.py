"""Closing a client: what is idle is closed at once, what is under way ends first, and all of it can go on."""

from __future__ import annotations

import asyncio
import threading

from bearerguard.clients.httpx import HttpxClient
from tests.clients.calling import (
    Blocking,
    Colour,
    both_colours,
    client,
    question,
    served,
    statuses,
    until_closed,
)
from tests.hostile.server import HostileServer


@both_colours
def test_a_client_that_was_closed_can_be_used_again(colour: Colour) -> None:
    """It opens new connections then."""
    http = client()
    with served() as server:
        for runs in (1, 2):
            assert [200] == statuses(colour.calls(http, question(server)))
            http.close()
            until_closed(server)
            assert runs == server.accepted


def test_aclose_closes_the_connections_of_its_loop_and_of_threads() -> None:
    """And both colours can be used again, on the same loop too."""

    async def main(http: HttpxClient, server: HostileServer) -> None:
        for runs in (1, 2):
            await http.asend(question(server))
            await asyncio.to_thread(http.send, question(server))
            assert 2 == server.open
            await http.aclose()
            await asyncio.to_thread(until_closed, server)
            assert 2 * runs == server.accepted
        await http.aclose()

    http = client()
    with served() as server:
        asyncio.run(main(http, server))


def test_closing_lets_a_blocking_call_under_way_end() -> None:
    """It gets its answer; its connection is closed then."""
    http = client()
    found = []
    with served() as server:
        thread = threading.Thread(
            target=lambda: found.extend(Blocking().calls(http, question(server, "wait")))
        )
        thread.start()
        server.wait_for(lambda server: server.questions)
        http.close()
        server.go.set()
        thread.join()
        until_closed(server)
    assert [200] == statuses(found)


def test_closing_lets_a_call_under_way_on_a_loop_end() -> None:
    """It gets its answer; its connection is closed then."""

    async def main(server: HostileServer) -> int:
        http = client()
        task = asyncio.create_task(http.asend(question(server, "wait")))
        await asyncio.to_thread(server.wait_for, lambda server: server.questions)
        await http.aclose()
        server.go.set()
        answer = await task
        await asyncio.to_thread(until_closed, server)
        return answer.status

    with served() as server:
        assert 200 == asyncio.run(main(server))
