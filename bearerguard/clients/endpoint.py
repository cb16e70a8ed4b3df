"""One endpoint of an authorization server, asked with care: one deadline, one more try, few at a time.

An endpoint that cannot be reached is left alone for a while; see `breaker.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from bearerguard.breaker import Breaker, Unreachable
from bearerguard.checks import check_counts, check_seconds, check_switches
from bearerguard.clients import ConnectionLost, HttpClient, HttpRequest, HttpResponse, UrlSource
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.flow import Flow, call_either, is_async
from bearerguard.forks import renew_in_child
from bearerguard.outage import Outage, Seldom
from bearerguard.urls import INTROSPECTION, Purpose, check_endpoint

T = TypeVar("T")

logger = logging.getLogger("bearerguard")

# Answers of a server, or of what stands before it, that has too much to do for anybody.
OVERLOADED = frozenset({429, 502, 503, 504})


class Endpoint:
    """A URL, how to ask it, and how it has been doing; `owner` is whose setting a mistake is.

    The URL may also be one that has to be found out, and `host` is whose it is in messages.
    """

    def __init__(
        self,
        url: str | UrlSource,
        *,
        owner: str,
        what: str,
        http: HttpClient,
        timeout_seconds: float,
        max_in_flight: int,
        allow_loopback_http: bool,
        monotonic: Callable[[], float],
        purpose: Purpose = INTROSPECTION,
        host: str | None = None,
    ) -> None:
        check_switches(owner, allow_loopback_http=allow_loopback_http)
        self._url = url
        if isinstance(url, UrlSource):
            self.host = url.host
        else:
            check_endpoint(owner, url, allow_loopback_http=allow_loopback_http, purpose=purpose)
            self.host = host or urlsplit(url).hostname or ""
        self.what = f"{what} of {self.host}"
        check_seconds(owner, timeout_seconds=timeout_seconds)
        check_counts(owner, "calls", max_in_flight=max_in_flight)
        self._http = _check_http(owner, http)
        self.timeout_seconds = timeout_seconds
        self.monotonic = monotonic
        self._breaker = Breaker(self.what, monotonic=monotonic)
        self._outage = Outage(self.what, monotonic=monotonic)
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
        with self._place():
            url = yield from self._find_url()  # whoever looks for it keeps count of that
            question = HttpRequest(
                method=method, url=url, fields=fields, content=content, timeout_seconds=self.timeout_seconds
            )
            return (yield from self._ask(question, read))

    def warm_up(self) -> Flow[None]:
        """Find out where it is; a failure is only logged."""
        try:
            yield from self._find_url()
        except Unavailable:
            pass  # whoever looks for it has logged it, and the first call will try again

    def close(self) -> Flow[None]:
        """Close the connections of our own colour; the next call opens new ones."""
        if isinstance(self._url, UrlSource):
            yield from self._url.close()
        yield from call_either(self._http.close, self._http.aclose)

    def _find_url(self) -> Flow[str]:
        step = self._url if isinstance(self._url, str) else self._url.find()
        return step if isinstance(step, str) else (yield from step)

    def _ask(self, question: HttpRequest, read: Callable[[HttpResponse], T]) -> Flow[T]:
        try:
            with self._breaker.attempt(), self._outage.watch():
                response = yield from self._ask_twice(question)
                if response.status in OVERLOADED:
                    raise Unreachable(f"it answered {response.status}")
                return read(response)
        except Unavailable:
            if isinstance(self._url, UrlSource):
                self._url.doubt()
            raise

    def _ask_twice(self, question: HttpRequest) -> Flow[HttpResponse]:
        ends_at = self.monotonic() + self.timeout_seconds
        try:
            return (yield from call_either(self._http.send, self._http.asend, question))
        except ConnectionLost:
            left_seconds = ends_at - self.monotonic()
            if left_seconds <= 0:
                raise
        again = replace(question, timeout_seconds=left_seconds)
        return (yield from call_either(self._http.send, self._http.asend, again))

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
            logger.error("%s gets no more questions, the requests get 503: %s", self.what, reason)
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
