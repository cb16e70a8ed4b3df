"""Do a piece of work aside, on a thread of its own, so that no request waits for it.

A thread rather than a task, in both colours: it needs no event loop that is still there at its end, and
whoever asks for it need not know whether there is one. It lives for one piece of work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Aside:
    """One piece of work, which at most one thread does at a time."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self.renew()

    def renew(self) -> None:
        """Start anew, as whoever owns this must in a forked child: threads stay with the parent."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> bool:
        """See to it that the work is being done; False where no thread can be had for it."""
        with self._lock:
            if self.is_running:
                return True
            # A daemon: a process that ends does not wait for a server that may be slow.
            thread = threading.Thread(target=self._work, name="bearerguard-fetch", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # too many threads, or the interpreter is about to end
                return False
            self._thread = thread
            return True

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait for work under way, for so long at most."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
