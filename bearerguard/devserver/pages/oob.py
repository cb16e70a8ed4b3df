"""Show a code to a person who carries it over to an installed application (urn:ietf:wg:oauth:2.0:oob).

The code is in the page only. In the URL, where others put it, it would stay in the browser's history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from cachetools import TTLCache

CODE_SECONDS = 600.0  # no code lives longer
MAX_CODES = 1_000  # as many people who are between two pages at once


@dataclass(frozen=True, slots=True)
class CodeToCopy:
    """A code, and the registered name of the application that it is for."""

    code: str = field(repr=False)
    application: str


class CodesToCopy:
    """Codes on their way from the consent page to the page that shows them, each seen once."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._codes: TTLCache[str, CodeToCopy] = TTLCache(MAX_CODES, CODE_SECONDS, timer=monotonic)
        self._lock = Lock()

    def put(self, session: str, code: CodeToCopy) -> None:
        """Keep a code for the next page of this session."""
        with self._lock:
            self._codes[session] = code

    def take(self, session: str) -> CodeToCopy | None:
        """Give the code of this session, once; None where there is none."""
        with self._lock:
            return self._codes.pop(session, None)
