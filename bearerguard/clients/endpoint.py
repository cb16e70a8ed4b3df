"""One endpoint of an authorization server, asked with care: one deadline, one more try, few at a time.

An endpoint that cannot be reached is left alone for a while; see `breaker.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from bearerguard.breaker import Breaker, Unreachable
from bearerguard.checks import check_counts, check_seconds, check_switches
from bearerguard.clients import ConnectionLost, HttpClient, HttpRequest, HttpResponse
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.flow import Flow, call_either, is_async
from bearerguard.forks import renew_in_child
from bearerguard.outage import Outage, Seldom
from bearerguard.urls import check_endpoint

T = TypeVar("T")

logger = logging.getLogger("bearerguard")

# Answers of a server, or of what stands before it, that has too much to do for anybody.
OVERLOADED = frozenset({429, 502, 503, 504})


class Endpoint:
    """A URL, how to ask it, and how it has been doing; `owner` is whose setting a mistake is."""

    def __init__(
        self,
        url: str,
        *,
        owner: str,
        what: str,
        http: HttpClient,
        timeout_seconds: float,
        max_in_flight: int,
        allow_loopback_http: bool,
        monotonic: Callable[[], float],
    ) -> None:
        check_switches(owner, allow_loopback_http=allow_loopback_http)
        self._url = check_endpoint(owner, url, allow_loopback_http=allow_loopback_http)
        self.host = urlsplit(url).hostname or ""
        what = f"{what} of {self.host}"
        check_seconds(owner, timeout_seconds=timeout_seconds)
        check_counts(owner, "calls", max_in_flight=max_in_flight)
        self._http = _check_http(owner, http)
        self._timeout_seconds = timeout_seconds
        self._monotonic = monotonic
        self._what = what
        self._breaker = Breaker(what, monotonic=monotonic)
        self._outage = Outage(what, monotonic=monotonic)
        self._seldom = Seldom(monotonic)
        self._max_in_flight = max_in_flight
        self.check = self._breaker.check
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Start anew after a fork: what is in flight is the parent's."""
        self._lock = threading.Lock()
        self._in_flight = 0

    def ask(
        self,
        read: Callable[[HttpResponse], T],
        *,
        method: str,
        fields: Mapping[str, str],
        content: bytes = b"",
    ) -> Flow[T]:
        """Make a call, and give what `read` makes of the answer; it may raise Unavailable or a Refusal.

        `read` gets every answer, whatever its status, but those of an overloaded server. Raises
        Unavailable; at once, where the endpoint is left alone or enough calls are in flight.
        """
        with self._place(), self._breaker.attempt(), self._outage.watch():
            response = yield from self._ask_twice(method, fields, content)
            if response.status in OVERLOADED:
                raise Unreachable(f"it answered {response.status}")
            return read(response)

    def close(self) -> Flow[None]:
        """Close the connections of our own colour; the next call opens new ones."""
        return (yield from call_either(self._http.close, self._http.aclose))

    def _ask_twice(self, method: str, fields: Mapping[str, str], content: bytes) -> Flow[HttpResponse]:
        ends_at = self._monotonic() + self._timeout_seconds
        try:
            return (yield from self._ask_once(method, fields, content, self._timeout_seconds))
        except ConnectionLost:
            left_seconds = ends_at - self._monotonic()
            if left_seconds <= 0:
                raise
        return (yield from self._ask_once(method, fields, content, left_seconds))

    def _ask_once(
        self, method: str, fields: Mapping[str, str], content: bytes, timeout_seconds: float
    ) -> Flow[HttpResponse]:
        request = HttpRequest(
            method=method, url=self._url, fields=fields, content=content, timeout_seconds=timeout_seconds
        )
        return (yield from call_either(self._http.send, self._http.asend, request))

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._lock:
            if self._in_flight >= self._max_in_flight:
                raise self._too_many()
            self._in_flight += 1
        lock = self._lock
        try:
            yield
        finally:
            if lock is self._lock:  # not in a forked child, which counts anew
                with lock:
                    self._in_flight -= 1

    def _too_many(self) -> Unavailable:
        reason = f"{self._max_in_flight} calls are in flight already"
        if self._seldom.is_news(reason):
            logger.error("%s gets no more questions, the requests get 503: %s", self._what, reason)
        return Unavailable(reason)


def _check_http(owner: str, http: HttpClient) -> HttpClient:
    for name, colour in (("send", "def"), ("asend", "async def"), ("close", "def"), ("aclose", "async def")):
        method = getattr(http, name, None)
        if isinstance(http, type) or not callable(method) or is_async(method) != (colour == "async def"):
            raise ConfigurationError(
                f"{owner}(http=...) must be a client such as HttpxClient(ca_file=...): "
                f"{type(http).__name__} has no {colour} {name}()"
            )
    return http
