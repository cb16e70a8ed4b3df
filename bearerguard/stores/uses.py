"""Remember when tokens were last used: requests note it in memory, a thread keeps it in the store.

Lossy on purpose. No request waits for a write, and none fails by one: what cannot be written is tried again
later, what is too much is not noted, and what a process that is killed has not written yet is gone. A guard
that keeps what it has found, such as `Cached`, asks once for each of its entries, so an instant may be as old
as an entry: a minute.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol
from weakref import ReferenceType, ref

from bearerguard.errors import Unavailable
from bearerguard.forks import renew_in_child
from bearerguard.stores import TokenRecord
from bearerguard.stores._ending import end_at_exit

logger = logging.getLogger("bearerguard")

WRITE_SECONDS = 30.0  # between two writes, at most
MAX_NOTED = 10_000  # tokens; when there are as many they are written at once, and others are not noted
CLOSING_SECONDS = 1.0  # for the last write; where it takes longer it may come to nothing

Write = Callable[[Mapping[bytes, float]], None]


class NotesUses(Protocol):
    """A store that remembers when its tokens were last used; a guard tells each that has such a method."""

    def note_use(self, record: TokenRecord) -> None:
        """Note that a good token is used now. Never waits, never raises."""


def ignore_use(record: TokenRecord) -> None:
    """Note nothing, for a store that does not remember, or was told not to."""


class Uses:
    """What one store has to write yet; `write` keeps instants by digests, and may raise Unavailable.

    The thread begins with the first use, in each process anew, and ends with the store.
    """

    def __init__(self, name: str, write: Write, *, now: Callable[[], float] = time.time) -> None:
        self.name = name
        self._write, self._now = write, now
        self.renew()
        renew_in_child(self)
        end_at_exit(self)

    def renew(self) -> None:
        """Start anew after a fork: what is noted is the parent's to write."""
        self._lock = threading.Lock()  # for whoever changes which dictionary it is; to note takes none
        self._noted: dict[bytes, float] = {}
        self._thread: _Writer | None = None
        self._is_down = self._was_full = False

    def note(self, record: TokenRecord) -> None:
        """Note that this token is used now, if it has not expired; costs next to nothing."""
        at = self._now()
        if record.expires_at is None or at < record.expires_at:
            noted = self._noted
            noted[record.digest] = at
            # Asked after it is noted: a write takes the dictionary away first, and then looks what is in it.
            if self._noted is not noted or self._thread is None or len(noted) >= MAX_NOTED:
                self._attend(record.digest, at)

    def write(self) -> None:
        """Write what is noted; what cannot be written now is kept for the next time."""
        with self._lock:
            taken, self._noted = self._noted, {}
        noted = dict(taken)  # at once: who has just begun to note may still do it there
        if not noted:
            return
        try:
            self._write(noted)
        except Unavailable as error:
            self._keep(noted, error)
            return
        self._was_full = False
        if self._is_down:
            self._is_down = False
            logger.warning("when tokens were last used is kept in %s again", self.name)

    def close(self) -> None:
        """Write what is noted and end the thread; the next use starts another. Waits a second at most."""
        thread = self.end()
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSING_SECONDS)

    def end(self) -> threading.Thread | None:
        """Have the thread write once more, and end."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.is_over = True
            thread.wake.put(None)
        return thread

    def _attend(self, digest: bytes, at: float) -> None:
        """See to what is seldom: a dictionary that was taken away, no thread yet, or too much."""
        with self._lock:
            self._noted[digest] = at
            if len(self._noted) > MAX_NOTED:
                del self._noted[digest]
            if self._thread is None or not self._thread.is_alive():
                self._thread = self._started()
            # Once: what could not be written although it is full waits like everything else.
            if self._thread is not None and len(self._noted) >= MAX_NOTED and not self._was_full:
                self._was_full = True
                self._thread.wake.put(None)

    def _keep(self, noted: dict[bytes, float], error: Unavailable) -> None:
        if not self._is_down:
            self._is_down = True
            logger.warning(
                "when tokens were last used cannot be kept, and is tried again later: %s", error.what
            )
        with self._lock:
            for digest, at in noted.items():
                if len(self._noted) >= MAX_NOTED:
                    break
                self._noted.setdefault(digest, at)

    def _started(self) -> _Writer | None:
        thread = _Writer(self)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is at its end, or the system has no thread left: it is lossy
            return None
        return thread


class _Writer(threading.Thread):
    """Writes for one store until that is closed, or forgotten."""

    def __init__(self, uses: Uses) -> None:
        super().__init__(name=f"bearerguard uses of {uses.name}", daemon=True)
        # No Event: this one may also be put into by the garbage collector, in the middle of a wait for it.
        self.wake: SimpleQueue[None] = SimpleQueue()
        self.is_over = False
        self._uses: ReferenceType[Uses] = ref(uses, self._end)

    def run(self) -> None:
        is_over = False
        while not is_over:
            # Of many processes that began at one moment not all are to write at another one.
            pause_seconds = random.uniform(WRITE_SECONDS / 2, WRITE_SECONDS)  # noqa: S311 - spreads, hides nothing
            with suppress(Empty):
                self.wake.get(timeout=pause_seconds)
            is_over = self.is_over
            if (uses := self._uses()) is not None:
                self._write(uses)
            del uses

    def _write(self, uses: Uses) -> None:
        try:
            uses.write()
        except Exception:  # of a driver: the thread must not end in silence, nor keep what nobody can write
            logger.exception(
                "when tokens were last used was not kept: it failed in a way that nobody has foreseen"
            )

    def _end(self, _: object) -> None:
        self.is_over = True
        self.wake.put(None)
