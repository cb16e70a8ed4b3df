"""Keep a document that a server publishes: one fetch at a time, ahead of need, and the last good one kept.

fresh   it is given at once; in the last part of this time it is fetched anew, and nobody waits for that
stale   whoever asks waits for a fetch; after one that failed it serves on, and is fetched anew aside
over    whoever asks waits for a fetch, and gets Unavailable where that fails
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from bearerguard.clients._aside import Aside
from bearerguard.clients.coalesce import Coalesce
from bearerguard.clients.lifetime import Ages, Fetched, Version
from bearerguard.errors import Unavailable
from bearerguard.flow import Flow, Step, call, run
from bearerguard.forks import renew_in_child

logger = logging.getLogger("bearerguard")

D = TypeVar("D")

Fetch: TypeAlias = Callable[[D | None], Flow[Fetched[D]]]
"""Fetches it, given the last good one that is not over yet. Raises Unavailable."""


class Document(Generic[D]):
    """One document, and how fetching it has been going; `what` names it in the log.

    `kept` is the last good version, `failure` why the last fetch failed, None where it did not. After a
    failure it is fetched aside again when `pause_seconds` are over. `changed` is told the old document and
    the new one, once it is kept.
    """

    def __init__(
        self,
        fetch: Fetch[D],
        *,
        what: str,
        ages: Ages,
        pause_seconds: float,
        timeout_seconds: float,
        monotonic: Callable[[], float],
        changed: Callable[[D, D], None] | None = None,
    ) -> None:
        self.kept: Version[D] | None = None
        self.failure: str | None = None
        self._fetch, self._what, self._ages = fetch, what, ages
        self._pause_seconds, self._timeout_seconds = pause_seconds, timeout_seconds
        self._monotonic, self._changed = monotonic, changed
        self._coalesce = Coalesce()
        self._aside = Aside(self._fetch_on_this_thread)
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Start anew after a fork: what is under way is the parent's; what is kept is as good as before."""
        self._lock = threading.Lock()
        self._coalesce.renew()
        self._aside.renew()
        self._next_aside_at = -math.inf

    def get(self) -> Step[Version[D]]:
        """Give the version to go by; where one has to wait, the flow that does, and raises Unavailable."""
        kept, now = self.kept, self._monotonic()
        if kept is None or now >= kept.ends_at:
            return self._wait()
        if now >= kept.stale_at:
            # After one failure nobody waits for the next: this one serves on while it is tried again aside.
            if self.failure is None or not self.fetch_aside():
                return self._wait()
        elif now >= kept.refresh_at:
            self.fetch_aside()
        return kept

    def fetch(self) -> Flow[Version[D]]:
        """Fetch it, or wait for a fetch under way. Raises Unavailable."""
        return (yield from self._coalesce.ask("fetch", self._fetch_now))

    def fetch_aside(self) -> bool:
        """See to it that it is fetched while requests go on, after a failure not before a pause is over.

        False where that cannot be.
        """
        with self._lock:
            now = self._monotonic()
            if now < self._next_aside_at:
                return True
            self._next_aside_at = now + self._pause_seconds
        return self._aside.start()

    def due_seconds(self) -> float:
        """Say in how many seconds `get` is to be called again, so that it is fetched when it should be."""
        kept, now = self.kept, self._monotonic()
        if kept is not None and now < kept.refresh_at:
            return kept.refresh_at - now
        return max(self._next_aside_at - now, 0.0)  # a fetch is under way, or failed and waits

    def doubt(self) -> None:
        """Have it fetched anew aside: what it says has proved wrong. A young one is believed all the same."""
        kept = self.kept
        if kept is not None and self._monotonic() >= kept.asked_at + self._ages.min_age_seconds:
            self.fetch_aside()

    def warm_up(self) -> Flow[None]:
        """Fetch it, unless that is long to come; a failure is only logged."""
        kept = self.kept
        if kept is None or self._monotonic() >= kept.refresh_at:
            try:
                yield from self.fetch()
            except Unavailable:
                pass  # whoever fetches has logged it, and the first request will try again

    def settle(self) -> Flow[None]:
        """Wait for a fetch that is under way aside, before connections are closed."""
        if self._aside.is_running:
            yield from call(self._aside.wait, self._timeout_seconds)

    def _wait(self) -> Flow[Version[D]]:
        try:
            return (yield from self.fetch())
        except Unavailable:
            kept = self.kept
            if kept is None or self._monotonic() >= kept.ends_at:
                raise
            return kept

    def _fetch_on_this_thread(self) -> None:
        try:
            run(self.fetch())
        except Unavailable:
            pass  # whoever fetches has logged it, and the next request after the pause tries again

    def _fetch_now(self) -> Flow[Version[D]]:
        asked_at, kept = self._monotonic(), self.kept
        last = None if kept is None or asked_at >= kept.ends_at else kept.document
        try:
            fetched = yield from self._fetch(last)
        except Unavailable as error:
            self._note_failure(error, asked_at)
            raise
        return self._keep(self._ages.date(fetched, asked_at))

    def _keep(self, version: Version[D]) -> Version[D]:
        with self._lock:
            last = self.kept
            if last is not None and version.asked_at < last.asked_at:
                return last  # one that was asked later has overtaken it
            self.kept, self.failure = version, None
            self._next_aside_at = -math.inf
        if self._changed is not None and last is not None and last.document is not version.document:
            self._changed(last.document, version.document)
        return version

    def _note_failure(self, error: Unavailable, asked_at: float) -> None:
        with self._lock:
            now, kept = self._monotonic(), self.kept
            if kept is not None and asked_at < kept.asked_at:
                return
            is_first = self.failure is None
            self.failure = error.what
            self._next_aside_at = now + self._pause_seconds
        if kept is not None and is_first and now < kept.ends_at:
            minutes = (kept.ends_at - now) / 60
            logger.warning("the last good %s is used on, for %.0f more minutes at most", self._what, minutes)
