"""Nonces for HTTP Digest: made and known again without a list, each count good once (RFC 7616)."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from threading import Lock

MAX_AGE_SECONDS = 300.0  # a client asks on with one nonce; a recorded answer is of no use after this
MAX_USED = 10_000  # nonces whose count is remembered; only who knows a password makes one used
_RANDOM_BYTES = 8  # no two nonces of one millisecond are the same


class Nonces:
    """Nonces of this process: their age and our mark are in them, so that asking for many costs no memory.

    A count (`nc`) is taken once, and only upwards: whoever repeats a request that was overheard has a
    count that is used up.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._monotonic = monotonic
        self._lock = Lock()  # a threaded server asks from many threads
        self._counts: dict[str, int] = {}  # in the order of their first use
        self._forgotten_until = -1  # nonces up to this instant may have been used, and are not good

    def make(self) -> str:
        stem = f"{self._now():016x}-{secrets.token_hex(_RANDOM_BYTES)}"
        return f"{stem}-{self._mark(stem)}"

    def take(self, nonce: str, count: int) -> bool:
        """Use a nonce for this count; False where it is not ours, too old, or the count was used.

        Does not: look at the response, which has to be right before a nonce is used up.
        """
        stem, _, mark = nonce.rpartition("-")
        if not nonce.isascii() or not hmac.compare_digest(mark, self._mark(stem)):
            return False
        made_at = int(stem.partition("-")[0], 16)
        with self._lock:
            if made_at <= self._forgotten_until or self._now() - made_at > MAX_AGE_SECONDS * 1_000:
                return False
            if count <= self._counts.get(nonce, 0):
                return False
            self._counts[nonce] = count
            self._forget()
            return True

    def _forget(self) -> None:
        while len(self._counts) > MAX_USED:
            oldest = next(iter(self._counts))
            del self._counts[oldest]
            made_at = int(oldest.partition("-")[0], 16)
            self._forgotten_until = max(self._forgotten_until, made_at)

    def _now(self) -> int:
        return int(self._monotonic() * 1_000)

    def _mark(self, stem: str) -> str:
        return hmac.digest(self._key, stem.encode("ascii"), "sha256").hex()
