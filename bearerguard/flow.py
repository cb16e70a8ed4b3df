"""Run one procedure both ways: on this thread, or on an event loop.

A `Flow[T]` is a generator that yields effects, calls not yet made, and ends in a `T`. `run` makes the
calls on this thread, `await arun` on the event loop; both throw failures back in at the `yield`, so
that try, except and finally work inside a flow as they do in a plain function.

A `Step[T]` is what a procedure returns that often needs no I/O at all: the `T` itself, or the flow
that is still needed to find it. Whoever takes a step asks whether it is a `T` already, and a warm
request never pays for a generator (nor for `isinstance(step, Generator)`, which costs as much).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from bearerguard.errors import ConfigurationError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Effect(Protocol):
    """Something to be done, in either colour."""

    def perform(self) -> Any:
        """Do it on this thread, which may block."""

    async def aperform(self) -> Any:
        """Do it on the event loop, which must not block."""


Flow: TypeAlias = Generator[Effect, Any, T]
Step: TypeAlias = T | Flow[T]


class Call:
    """The effect of calling a port: a plain or an async function."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function = function
        self.arguments = arguments

    def perform(self) -> Any:
        result = self.function(*self.arguments)
        if inspect.isawaitable(result):
            # A coroutine nobody awaited is truthy: going on would let the request pass.
            if inspect.iscoroutine(result):
                result.close()
            raise ConfigurationError(f"{describe(self.function)} is async: use it under AsgiMiddleware")
        return result

    async def aperform(self) -> Any:
        if is_async(self.function) or never_blocks(self.function):
            result = self.function(*self.arguments)
        else:
            from anyio import to_thread  # not at import time: it brings asyncio with it

            result = await to_thread.run_sync(self.function, *self.arguments)
        return await result if inspect.isawaitable(result) else result


class Either:
    """The effect of calling a port that exists in both colours."""

    __slots__ = ("arguments", "awaitable", "blocking")

    def __init__(
        self,
        blocking: Callable[..., Any],
        awaitable: Callable[..., Awaitable[Any]],
        arguments: tuple[Any, ...],
    ) -> None:
        self.blocking = blocking
        self.awaitable = awaitable
        self.arguments = arguments

    def perform(self) -> Any:
        return self.blocking(*self.arguments)

    async def aperform(self) -> Any:
        return await self.awaitable(*self.arguments)


def call(function: Callable[..., Awaitable[T]] | Callable[..., T], *arguments: Any) -> Flow[T]:
    """Call a port from within a flow: `record = yield from call(store.find, digest)`."""
    return cast(T, (yield Call(function, arguments)))


def call_either(
    blocking: Callable[..., T], awaitable: Callable[..., Awaitable[T]], *arguments: Any
) -> Flow[T]:
    """Call a port that exists in both colours, each where it belongs."""
    return cast(T, (yield Either(blocking, awaitable, arguments)))


def both(owner: object, name: str) -> Callable[..., Flow[Any]]:
    """Give what calls a method of a port, and on an event loop its async twin: `a` before its name.

    `find = both(store, "find")`, then `record = yield from find(digest)`. One that never blocks, or is
    to be awaited itself, has no need of a twin.
    """
    blocking, awaitable = getattr(owner, name), getattr(owner, f"a{name}", None)
    if awaitable is None or never_blocks(blocking) or is_async(blocking):
        return partial(call, blocking)
    return partial(call_either, blocking, awaitable)


def run(flow: Flow[T]) -> T:
    """Run a flow to its end on this thread."""
    try:
        effect = next(flow)
        while True:
            try:
                result = effect.perform()
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as end:
        return cast(T, end.value)


async def arun(flow: Flow[T]) -> T:
    """Run a flow to its end on the event loop; blocking ports get a thread."""
    try:
        effect = next(flow)
        while True:
            try:
                result = await effect.aperform()
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as end:
        return cast(T, end.value)


def settle(step: Step[T], kind: type[T]) -> Flow[T]:
    """Give what a step ends in, an instance of `kind` or None, from within a flow."""
    if step is None or isinstance(step, kind):
        return step
    return (yield from cast("Flow[T]", step))


def inline(function: F) -> F:
    """Mark a port that never blocks for longer than a thread would cost: it is called in place."""
    function.__bearerguard_inline__ = True  # type: ignore[attr-defined]
    return function


def never_blocks(function: Callable[..., Any]) -> bool:
    """Tell whether a port was marked with `inline`."""
    return getattr(function, "__bearerguard_inline__", False)


def is_async(function: Callable[..., Any]) -> bool:
    """Tell whether calling this gives something to await: an async def, or an object with one."""
    code = getattr(function, "__code__", None)
    if code is not None and code.co_flags & inspect.CO_COROUTINE:  # asked on the way of requests
        return True
    while hasattr(function, "func"):  # functools.partial
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - asked for its colour, not whether it is there
    )


def takes(function: object, count: int) -> bool:
    """Tell whether this can be called with so many arguments, as far as its signature says."""
    if not callable(function):
        return False
    try:
        # Of the wrapper: what it wraps may be called in another way, as with werkzeug's Request.application.
        signature = inspect.signature(function, follow_wrapped=False)
    except (TypeError, ValueError):  # some builtins have none
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def describe(function: Callable[..., Any]) -> str:
    """Name a port in a message to the programmer."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return f"{getattr(function, '__module__', '?')}.{name}"
