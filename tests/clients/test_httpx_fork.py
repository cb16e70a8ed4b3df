"""A process that forks: the connections are the parent's, and the child opens its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from bearerguard import forks
from tests.clients.calling import Blocking, OnALoop, both_colours, client, question, served, statuses

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def in_a_child(do: Callable[[], Any]) -> Any:
    """Do something in a forked process, and give what it gives."""
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def work() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                answers.put(do())
            except BaseException as error:  # noqa: BLE001 - told to the parent
                answers.put(repr(error))

    child = context.Process(target=work)
    child.start()
    child.join(20)
    if child.is_alive():
        child.kill()
        child.join()
        pytest.fail("the child hangs")
    return answers.get()


@both_colours
def test_a_child_opens_its_own_connections(colour: Any) -> None:
    """And the parent goes on with the one that it had."""
    http = client()
    with served() as server:
        assert [200] == statuses(Blocking().calls(http, question(server, "parent")))
        asked = [question(server, "child")] * 2
        assert [200, 200] == in_a_child(lambda: statuses(colour.calls(http, *asked)))
        assert [200] == statuses(Blocking().calls(http, question(server, "parent")))
        seen = [(question.token, question.connection) for question in server.questions]
        assert [("parent", 0), ("child", 1), ("child", 1), ("parent", 0)] == seen
    http.close()


def test_a_child_does_not_wait_for_a_call_of_its_parent() -> None:
    """Which has the only place in the parent, and still gets its answer."""
    http = client(max_connections=1)
    found: list[Any] = []
    with served() as server:
        thread = threading.Thread(
            target=lambda: found.extend(Blocking().calls(http, question(server, "wait")))
        )
        thread.start()
        server.wait_for(lambda server: server.questions)
        assert [200] == in_a_child(lambda: statuses(Blocking().calls(http, question(server, "child"))))
        server.go.set()
        thread.join()
        assert [200] == statuses(found)
        assert [200] == statuses(Blocking().calls(http, question(server, "after")))
        seen = [(question.token, question.connection) for question in server.questions]
        assert [("wait", 0), ("child", 1), ("after", 0)] == seen
    http.close()


def test_a_child_of_a_running_loop_opens_its_own_connections() -> None:
    """And the loop goes on with its own."""
    http = client()
    with served() as server:

        async def main() -> list[Any]:
            found = [(await http.asend(question(server, "parent"))).status]
            found += in_a_child(lambda: statuses(Blocking().calls(http, question(server, "child"))))
            return [*found, (await http.asend(question(server, "parent"))).status]

        assert [200, 200, 200] == asyncio.run(main())
        seen = [(question.token, question.connection) for question in server.questions]
        assert [("parent", 0), ("child", 1), ("parent", 0)] == seen


def test_a_child_holds_no_connection_of_its_parent_open() -> None:
    """What the parent closes is closed for its server too, while the child still runs."""
    http = client()
    with served() as server:
        Blocking().calls(http, question(server))
        context = multiprocessing.get_context("fork")
        ready, done = context.Event(), context.Event()

        def wait() -> None:
            ready.set()
            done.wait(20)

        child = context.Process(target=wait)
        child.start()
        try:
            assert ready.wait(10)
            http.close()
            server.wait_for(lambda server: server.open == 0)
        finally:
            done.set()
            child.join(10)


def test_what_a_child_is_asked_to_do() -> None:
    """As the child itself does it, where no coverage looks: its own connections, and the others let go of."""
    http = client()
    with served() as server:
        Blocking().calls(http, question(server))
        OnALoop().calls(http, question(server))
        before = http._blocking
        forks._renew_all()
        server.wait_for(lambda server: server.open == 0)
        assert (True, {}) == (before is not http._blocking, http._loops)
        assert [200] == statuses(Blocking().calls(http, question(server)))
    http.close()
