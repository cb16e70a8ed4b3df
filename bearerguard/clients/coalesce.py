"""Ask once on behalf of everybody who is asking the same at this moment (single flight).

The first to ask for a key leads, the others follow and get the leader's answer. A leader that goes
away (a cancelled request, an interrupted thread) does not fail its followers: one of them leads next.
Followers wait on an event of their own colour, so flights are kept apart by event loop, and all threads
share one home.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from bearerguard.errors import BearerGuardError, InvalidToken, Unavailable
from bearerguard.flow import Flow, arun, run

T = TypeVar("T")


class Coalesce:
    """Flights under way, by key."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Start anew, as whoever owns this must in a forked child: flights taken along never land."""
        # Of one thread twice: the garbage collector may end a leader while this one holds it.
        self._lock = threading.RLock()
        self._flights: dict[tuple[object, Hashable], _Flight] = {}

    def ask(self, key: Hashable, start: Callable[[], Flow[T]]) -> Flow[T]:
        """Run the flow that `start` gives, or join the one under way for this key."""
        return cast(T, (yield _Join(self, key, start)))

    def detach(self, key: Hashable | None) -> None:
        """Let nobody else join the flights for this key (None: all of them); who is aboard stays."""
        with self._lock:
            for found in [known for known in self._flights if key is None or known[1] == key]:
                self._flights.pop(found, None)

    def _board(self, home: object, key: Hashable, new_event: Callable[[], Any]) -> tuple[_Flight, bool]:
        with self._lock:
            flight = self._flights.get((home, key))
            if flight is not None:
                return flight, False
            flight = self._flights[home, key] = _Flight(new_event())
            return flight, True

    def _land(self, home: object, key: Hashable, flight: _Flight) -> None:
        with self._lock:
            if self._flights.get((home, key)) is flight:
                del self._flights[home, key]
        flight.done.set()


class _Flight:
    """One question under way. `outcome` stays None when the leader went away without an answer."""

    __slots__ = ("done", "outcome")

    def __init__(self, done: Any) -> None:
        self.done = done
        self.outcome: Callable[[], Any] | None = None

    def succeed(self, result: Any) -> None:
        self.outcome = lambda: result

    def fail(self, error: Exception) -> None:
        # A copy, without the traceback: that would tie the flight into a cycle with its own frames.
        failure = _copy_of(error)
        self.outcome = lambda: _raise(failure)


class _Join:
    """The effect of leading or following, in both colours."""

    __slots__ = ("coalesce", "key", "start")

    def __init__(self, coalesce: Coalesce, key: Hashable, start: Callable[[], Flow[Any]]) -> None:
        self.coalesce = coalesce
        self.key = key
        self.start = start

    def perform(self) -> Any:
        while True:
            flight, leads = self.coalesce._board(None, self.key, threading.Event)
            if leads:
                try:
                    result = run(self.start())
                    flight.succeed(result)
                    return result
                except Exception as error:
                    flight.fail(error)
                    raise
                finally:
                    self.coalesce._land(None, self.key, flight)
            flight.done.wait()
            if flight.outcome is not None:
                return flight.outcome()

    async def aperform(self) -> Any:
        import anyio  # not at import time: it brings asyncio with it
        from anyio.lowlevel import current_token

        home = current_token()
        while True:
            flight, leads = self.coalesce._board(home, self.key, anyio.Event)
            if leads:
                try:
                    result = await arun(self.start())
                    flight.succeed(result)
                    return result
                except Exception as error:
                    flight.fail(error)
                    raise
                finally:
                    self.coalesce._land(home, self.key, flight)
            await flight.done.wait()
            if flight.outcome is not None:
                return flight.outcome()


def _copy_of(error: Exception) -> Exception:
    if isinstance(error, Unavailable):  # ours, whatever arguments a class of somebody else's takes
        return Unavailable(error.what, error.retry_after_seconds)
    if isinstance(error, InvalidToken):
        return InvalidToken(error.reason)
    if isinstance(error, BearerGuardError):
        return copy.copy(error)
    return RuntimeError(f"the look-up that this request shared failed: {type(error).__name__}")


def _raise(failure: Exception) -> Any:
    raise copy.copy(failure)
