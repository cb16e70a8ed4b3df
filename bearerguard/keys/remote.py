"""Keys that an issuer publishes, fetched when they are needed (RFC 7517 section 5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from bearerguard.checks import check_clocks, check_seconds
from bearerguard.clients import HttpClient, UrlSource
from bearerguard.clients.document import Document
from bearerguard.clients.endpoint import Endpoint
from bearerguard.clients.lifetime import Ages, Fetched, Version
from bearerguard.errors import DEFAULT_RETRY_AFTER_SECONDS, Unavailable
from bearerguard.flow import Flow, Step
from bearerguard.keys import Key, Keys
from bearerguard.keys._library import check_library
from bearerguard.keys._searching import Search
from bearerguard.urls import KEY_SET

if TYPE_CHECKING:
    from bearerguard.keys._published import AnswerReader, Published

# Where an answer does not say how long it is good. Issuers publish a new key for longer than that before they
# sign with it, and one fetch in ten minutes is nothing to anybody.
DEFAULT_AGE_SECONDS = 600.0

CUT_OFF = "the search for its key was cut off"
MAX_IN_FLIGHT = 64  # one for each event loop of this process, and one for all of its threads

_FIELDS = {"Accept": "application/jwk-set+json, application/json"}


class RemoteKeys(Keys):
    """The keys that an issuer publishes at a URL (its `jwks_uri`), kept for a while.

    A set is good for as long as the answer says (`Cache-Control: max-age`), within `min_age_seconds` and
    `max_age_seconds`: the latter is for how long a key that its issuer has withdrawn may still be
    accepted. In the last part of that time it is fetched anew without anybody waiting. While that fails
    the last good set serves on, until it is `max_stale_seconds` old (0: not at all). A key that is not
    in the set is looked for once in `cooldown_seconds`.

    `http` makes the calls, by default an `HttpxClient()`; `timeout_seconds` bounds each of them.

    Raises ConfigurationError for everything that could not work.
    """

    def __init__(
        self,
        url: str | UrlSource,
        *,
        http: HttpClient | None = None,
        min_age_seconds: float = 60.0,
        max_age_seconds: float = 3600.0,
        max_stale_seconds: float = 86_400.0,
        cooldown_seconds: float = 30.0,
        timeout_seconds: float = 5.0,
        allow_loopback_http: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_library("RemoteKeys")
        check_clocks("RemoteKeys", monotonic=monotonic)
        check_seconds("RemoteKeys", cooldown_seconds=cooldown_seconds)
        ages = Ages(
            min_age_seconds=min_age_seconds,
            max_age_seconds=max_age_seconds,
            max_stale_seconds=max_stale_seconds,
            default_age_seconds=DEFAULT_AGE_SECONDS,
        )
        ages.check("RemoteKeys")
        self._endpoint = Endpoint(
            url,
            owner="RemoteKeys",
            what="the key set",
            http=_new_client() if http is None else http,
            timeout_seconds=timeout_seconds,
            max_in_flight=MAX_IN_FLIGHT,
            allow_loopback_http=allow_loopback_http,
            monotonic=monotonic,
            purpose=KEY_SET,
        )
        self._reader = _new_reader(self._endpoint)
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._document = self._new_document(ages, cooldown_seconds)
        self._search = Search(self._document.fetch, cooldown_seconds=cooldown_seconds, monotonic=monotonic)

    def find(self, kid: str | None, algorithm: str) -> Step[Sequence[Key]]:
        version = self._document.get()
        if not isinstance(version, Version):
            return self._find_later(version, kid, algorithm)
        found = version.document.keys.find(kid, algorithm)
        if found is not None:
            return found
        if self._search.is_over:
            return self._last_word(version, kid, algorithm)
        return self._find_by_search(kid, algorithm)

    def good_for_seconds(self) -> float:
        return self._document.due_seconds()

    def fetch(self) -> Flow[Sequence[Key]]:
        """Fetch the set, and give every key in it. Raises Unavailable."""
        return (yield from self._document.fetch()).document.keys.keys

    def warm_up(self) -> Flow[None]:
        yield from self._document.warm_up()

    def close(self) -> Flow[None]:
        yield from self._document.settle()
        yield from self._endpoint.close()

    def subscribe(self, listener: Callable[[], None]) -> None:
        self._listeners += (listener,)

    def _new_document(self, ages: Ages, pause_seconds: float) -> Document[Published]:
        return Document(
            self._fetch,
            what=self._endpoint.what.removeprefix("the "),
            ages=ages,
            pause_seconds=pause_seconds,
            timeout_seconds=self._endpoint.timeout_seconds,
            monotonic=self._endpoint.monotonic,
            changed=self._tell_change,
        )

    def _fetch(self, last: Published | None) -> Flow[Fetched[Published]]:
        read = partial(self._reader.read, last=last)
        return (yield from self._endpoint.ask(read, method="GET", fields=_FIELDS))

    def _tell_change(self, old: Published, new: Published) -> None:
        if self._reader.tell_change(old, new):
            for listener in self._listeners:
                listener()

    def _find_later(
        self, waiting: Flow[Version[Published]], kid: str | None, algorithm: str
    ) -> Flow[Sequence[Key]]:
        return self._last_word((yield from waiting), kid, algorithm)

    def _find_by_search(self, kid: str | None, algorithm: str) -> Flow[Sequence[Key]]:
        try:
            yield from self._search.ask()
        except Unavailable:
            pass  # a key without a name may do; and where none does, the last word says this
        return self._last_word(cast("Version[Published]", self._document.kept), kid, algorithm)

    def _last_word(self, version: Version[Published], kid: str | None, algorithm: str) -> Sequence[Key]:
        """Find the keys in the set that there is.

        Raises Unavailable where one is not in it that a fetch that failed might have brought.
        """
        found = version.document.keys.find(kid, algorithm)
        if found is None:
            found = version.document.keys.find_nameless(algorithm)
            failure = CUT_OFF if self._search.is_open else self._document.failure
            if not found and failure is not None:
                raise Unavailable(failure, max(self._search.left_seconds, DEFAULT_RETRY_AFTER_SECONDS))
        return found


def _new_reader(endpoint: Endpoint) -> AnswerReader:
    from bearerguard.keys._published import AnswerReader  # not with the package: it brings the library

    return AnswerReader(endpoint.what, monotonic=endpoint.monotonic)


def _new_client() -> HttpClient:
    from bearerguard.clients.httpx import HttpxClient  # not with the package: it brings ssl

    return HttpxClient()
