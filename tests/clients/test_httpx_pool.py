"""So many calls at a time; whoever gives up gives back what it had."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bearerguard import ConfigurationError
from bearerguard.breaker import Inconclusive
from bearerguard.clients import HttpResponse, Unreachable
from tests.clients.calling import Colour, OnALoop, both_colours, client, question, served, statuses
from tests.hostile.server import HostileServer

FULL = "every connection of our own pool is taken"
LATE = "no answer in time: see timeout_seconds="


@both_colours
def test_a_call_that_finds_no_connection_in_time_is_told_so(colour: Colour) -> None:
    """And it is not the server's fault: it counts for nothing. The others go on."""
    http = client(max_connections=2)
    with served() as server:
        silent = question(server, "never", timeout_seconds=0.6)
        found = colour.at_once(http, silent, silent, silent, silent, silent)
        assert [FULL] * 3 + [LATE] * 2 == sorted(map(str, found))
        assert [Inconclusive] * 3 == [type(one) for one in found if str(one) == FULL]
        assert [Unreachable] * 2 == [type(one) for one in found if str(one) == LATE]
        assert 2 == server.accepted
        assert [200] * 3 == statuses(colour.calls(http, *[question(server)] * 3))
    http.close()


@both_colours
def test_a_call_waits_for_the_connection_of_another(colour: Colour) -> None:
    """In a short line: all of these get their answers, over two connections."""
    http = client(max_connections=2)
    with served() as server:
        found = colour.at_once(http, *[question(server, timeout_seconds=20.0)] * 30)
        assert [200] * 30 == statuses(found)
        assert 2 == server.accepted
    http.close()


@both_colours
def test_no_more_connections_are_kept_than_there_are_places(colour: Colour) -> None:
    """To however many servers."""
    http = client(max_connections=2)
    with served() as one, served() as two, served() as three:
        servers = (one, two, three)
        assert [200] * 9 == statuses(colour.calls(http, *[question(server) for server in servers * 3]))
        assert [3, 3, 3] == [server.accepted for server in servers]
    http.close()


@both_colours
@pytest.mark.parametrize("token", ["never", "wait"])
def test_calls_that_end_in_a_timeout_give_their_places_back(colour: Colour, token: str) -> None:
    """However often: more timeouts than there are places, then good calls at once."""
    http = client(max_connections=3)
    with served() as server:
        for _ in range(2):
            colour.at_once(http, *[question(server, token, timeout_seconds=0.1)] * 6)
        assert [200] * 3 == statuses(colour.at_once(http, *[question(server)] * 3))
    http.close()


def test_a_cancelled_call_gives_its_connection_and_its_place_back() -> None:
    """The server sees it go, and the next call is made at once."""

    async def main(server: HostileServer) -> HttpResponse:
        http = client(max_connections=1)
        task = asyncio.create_task(http.asend(question(server, "never")))
        await asyncio.to_thread(server.wait_for, lambda server: server.questions)
        task.cancel()
        [outcome] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError)
        await asyncio.to_thread(server.wait_for, lambda server: server.open == 0)
        return await http.asend(question(server, timeout_seconds=5.0))

    with served() as server:
        assert 200 == asyncio.run(main(server)).status
        assert 2 == server.accepted


def test_a_call_that_is_cancelled_in_line_takes_no_place_along() -> None:
    """Whenever that happens: a few turns of the loop before it gets the place, or after."""

    async def main(server: HostileServer, turns: int) -> int:
        http = client(max_connections=1)
        server.go.clear()
        asked = len(server.questions)
        first = asyncio.create_task(http.asend(question(server, "wait")))
        await asyncio.to_thread(server.wait_for, lambda server: len(server.questions) > asked)
        second = asyncio.create_task(http.asend(question(server)))
        await asyncio.sleep(0)
        server.go.set()
        await first
        for _ in range(turns):
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        return (await http.asend(question(server, timeout_seconds=5.0))).status

    with served() as server:
        assert [200] * 12 == [asyncio.run(main(server, turns)) for turns in range(12)]


def test_a_call_that_is_cancelled_before_it_begins_takes_no_place_along() -> None:
    """Nor one that is cancelled while it connects."""

    async def main(server: HostileServer) -> list[int]:
        http = client(max_connections=1)
        found = []
        for turns in range(30):
            task = asyncio.create_task(http.asend(question(server)))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            found.append((await http.asend(question(server, timeout_seconds=5.0))).status)
        return found

    with served() as server:
        assert [200] * 30 == asyncio.run(main(server))


def test_the_places_of_a_loop_are_its_own() -> None:
    """A loop whose calls hang holds up neither another loop nor a thread."""
    http = client(max_connections=1)
    with served() as server:
        hanging = threading.Thread(target=OnALoop().calls, args=(http, question(server, "wait")))
        hanging.start()
        server.wait_for(lambda server: server.questions)
        assert [200] == statuses(OnALoop().calls(http, question(server)))
        assert 200 == http.send(question(server)).status
        server.go.set()
        hanging.join()
    http.close()


@pytest.mark.parametrize("value", [0, -1, 1.5, True, None, "64"])
def test_a_pool_has_room_for_one_at_least(value: object) -> None:
    """A number of connections, 1 or more."""
    with pytest.raises(ConfigurationError, match="max_connections"):
        client(max_connections=value)
