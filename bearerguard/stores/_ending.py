"""End the threads of stores with the interpreter, while that is still whole."""

from __future__ import annotations

import atexit
import threading
import time
from typing import Protocol
from weakref import WeakSet

EXIT_SECONDS = 1.0  # for all of them together; they are daemons, and none may keep a process from ending


class HasThread(Protocol):
    """Something with a thread of its own."""

    def end(self) -> threading.Thread | None:
        """Have the thread end soon; None where there is none."""


_all: WeakSet[HasThread] = WeakSet()


def end_at_exit(one: HasThread) -> None:
    """Have its thread ended, if it is alive then."""
    _all.add(one)


def _end_all() -> None:
    until = time.monotonic() + EXIT_SECONDS
    for thread in [one.end() for one in list(_all)]:
        if thread is not None:
            thread.join(max(0.0, until - time.monotonic()))


atexit.register(_end_all)
