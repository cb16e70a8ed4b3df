"""One procedure, both colours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.flow import Flow, arun, call, call_either, inline, is_async, never_blocks, run, settle, takes
from bearerguard.flow import both as both_of


def both(make: Callable[[], Flow[Any]]) -> list[Any]:
    """Run a flow in each colour."""
    return [run(make()), asyncio.run(arun(make()))]


def double(number: int) -> int:
    return 2 * number


async def adouble(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def fail() -> None:
    raise LookupError("gone")


async def afail() -> None:
    raise LookupError("gone")


class Doubler:
    def __call__(self, number: int) -> int:
        return 2 * number


class AsyncDoubler:
    async def __call__(self, number: int) -> int:
        return 2 * number


def test_a_flow_ends_in_the_same_value_both_ways() -> None:
    """Calls are made in order, their results come back in."""

    def flow() -> Flow[int]:
        first = yield from call(double, 1)
        second = yield from call(Doubler(), first)
        return first + second

    assert [6, 6] == both(flow)


def test_a_flow_without_a_call_is_only_its_value() -> None:
    """Nothing to wait for."""

    def flow() -> Flow[str]:
        return "done"
        yield

    assert ["done", "done"] == both(flow)


@pytest.mark.parametrize("port", [adouble, AsyncDoubler(), partial(adouble), lambda number: adouble(number)])
def test_an_async_port_is_awaited_on_the_loop(port: Any) -> None:
    """Also where only its result shows that it is async."""
    assert 6 == asyncio.run(arun(call(port, 3)))


@pytest.mark.parametrize("port", [adouble, AsyncDoubler(), partial(adouble), lambda number: adouble(number)])
def test_an_async_port_is_refused_loudly_on_a_thread(port: Any) -> None:
    """A coroutine nobody awaited is truthy: it must never be taken for an answer."""
    with pytest.raises(ConfigurationError, match=r" is async: use it under AsgiMiddleware$"):
        run(call(port, 3))


def test_anything_to_await_is_refused_on_a_thread() -> None:
    """Not only coroutines."""

    class Later:
        def __await__(self) -> Any:
            yield

    with pytest.raises(ConfigurationError, match=r"Later is async: use it under AsgiMiddleware$"):
        run(call(Later))


@pytest.mark.parametrize("port", [fail, afail])
def test_a_failure_is_thrown_back_into_the_flow(port: Any) -> None:
    """try, except and finally work in the core as they do in a plain function."""
    ended = []

    def flow() -> Flow[str]:
        try:
            yield from call(port)
        except LookupError:
            return "caught"
        finally:
            ended.append(True)
        return "missed"

    assert "caught" == asyncio.run(arun(flow()))
    if port is fail:
        assert "caught" == run(flow())
    assert all(ended)


def test_a_flow_goes_on_after_a_failure() -> None:
    """The next call is made as if nothing had been."""

    def flow() -> Flow[int]:
        try:
            yield from call(fail)
        except LookupError:
            pass
        return (yield from call(double, 4))

    assert [8, 8] == both(flow)


def test_an_uncaught_failure_comes_out() -> None:
    """As itself."""
    for go in (run, lambda flow: asyncio.run(arun(flow))):
        with pytest.raises(LookupError, match="gone"):
            go(call(fail))


def stop() -> None:
    raise StopIteration("an answer")


@inline
def stop_inline() -> None:
    raise StopIteration("an answer")


@pytest.mark.parametrize("port", [stop, stop_inline])
def test_a_stop_iteration_from_a_port_is_not_taken_for_the_end_of_the_flow(port: Any) -> None:
    """Else a port's mistake would be a result."""
    for go in (run, lambda flow: asyncio.run(arun(flow))):
        with pytest.raises(RuntimeError):
            go(call(port))


def test_a_blocking_port_gets_a_thread_and_a_quick_one_does_not() -> None:
    """The event loop is never blocked, and never left for nothing."""

    async def threads() -> list[bool]:
        return [
            threading.get_ident() == await arun(call(threading.get_ident)),
            threading.get_ident() == await arun(call(inline(lambda: threading.get_ident()))),
        ]

    assert [False, True] == asyncio.run(threads())


def test_a_port_in_both_colours_is_called_in_its_own() -> None:
    """The other one is not touched; arguments go to either."""
    called: list[Any] = []

    def blocking(*arguments: int) -> str:
        called.append(("blocking", *arguments, threading.get_ident()))
        return "from a thread"

    async def awaitable(*arguments: int) -> str:
        await asyncio.sleep(0)
        called.append(("awaitable", *arguments, threading.get_ident()))
        return "from a loop"

    here = threading.get_ident()
    assert ["from a thread", "from a loop"] == both(lambda: call_either(blocking, awaitable, 1, 2))
    assert [("blocking", 1, 2, here), ("awaitable", 1, 2, here)] == called


def test_a_failure_of_a_port_in_both_colours_is_thrown_back() -> None:
    """As that of any other."""

    def flow() -> Flow[str]:
        try:
            yield from call_either(fail, afail)
        except LookupError:
            return "caught"
        return "missed"

    assert ["caught", "caught"] == both(flow)


def test_a_cancelled_request_ends_its_flow() -> None:
    """finally runs, and the cancellation goes on."""
    ended = []

    def flow() -> Flow[None]:
        try:
            yield from call(asyncio.sleep, 60)
        finally:
            ended.append(True)

    async def cancel() -> None:
        task = asyncio.create_task(arun(flow()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert [True] == ended


def test_a_step_is_settled_whether_it_was_known_or_not() -> None:
    """The value itself, None, or the flow that finds it."""

    def flow() -> Flow[list[Any]]:
        return [
            (yield from settle(5, int)),
            (yield from settle(None, int)),
            (yield from settle(call(double, 2), int)),
        ]

    assert [[5, None, 4]] * 2 == both(flow)


def test_colours_are_told_apart() -> None:
    """So that a mistake is found at construction."""
    expected = [False, False, True, True, True]
    ports: list[Any] = [double, Doubler(), adouble, AsyncDoubler(), partial(partial(adouble, 1))]
    assert expected == [is_async(port) for port in ports]


def test_only_a_marked_port_never_blocks() -> None:
    """A promise has to be given."""
    assert [True, False] == [never_blocks(stop_inline), never_blocks(stop)]


def test_what_a_function_takes() -> None:
    """As far as its signature says; some builtins have none."""
    assert [True, False, True, False, True] == [
        takes(double, 1),
        takes(double, 2),
        takes(lambda *any_number: None, 3),
        takes("double", 1),
        takes(dict.fromkeys, 1),
    ]


class OwnStore:
    """Of somebody who awaits, made from one of ours that has twins."""

    def __init__(self) -> None:
        self.find = inline(lambda: "in place")

    async def add(self) -> str:
        return "awaited itself"

    async def afind(self) -> str:
        return "by the twin"

    aadd = afind


def test_what_needs_no_twin_is_called_itself() -> None:
    """A port that never blocks, and one that is to be awaited."""
    store = OwnStore()
    assert "in place" == run(both_of(store, "find")()) == asyncio.run(arun(both_of(store, "find")()))
    assert "awaited itself" == asyncio.run(arun(both_of(store, "add")()))
