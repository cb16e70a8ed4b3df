"""Which tokens a revocation is about: from its digest to theirs, for those that were looked at lately."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from bearerguard.forks import renew_in_child

Half = dict[bytes, bytes | set[bytes]]  # most names are those of one token

MAX_PAIRS = 100_000  # in each half: of tokens with four names each, 25,000 to 50,000, in some 20 MB


class Index:
    """From names to digests, in a younger and an older half; a full one pushes the older one out."""

    def __init__(self, *, max_pairs: int = MAX_PAIRS) -> None:
        self._max_pairs = max_pairs
        self._younger: Half = {}
        self._older: Half = {}
        self._pairs, self._has_lost = 0, False
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Start anew after a fork."""
        self._lock = threading.Lock()
        self.clear()

    def add(self, names: Iterable[bytes], digest: bytes) -> None:
        """Note that what has these names is about this token."""
        with self._lock:
            for name in names:
                if self._pairs >= self._max_pairs:
                    self._has_lost = self._has_lost or bool(self._older)
                    self._older, self._younger, self._pairs = self._younger, {}, 0
                known = self._younger.setdefault(name, digest)
                if isinstance(known, set):
                    known.add(digest)
                elif known != digest:
                    self._younger[name] = {known, digest}
                self._pairs += 1

    def find(self, name: bytes) -> set[bytes] | None:
        """Give the tokens that it is about, in a set of the caller's own; None where nobody can tell."""
        with self._lock:
            if self._has_lost:
                return None
            found: set[bytes] = set()
            for half in (self._younger, self._older):
                known = half.get(name, found)
                found = found | (known if isinstance(known, set) else {known})
            return found

    def clear(self) -> None:
        """Forget all, when nobody keeps any of these tokens any more."""
        with self._lock:
            self._younger, self._older = {}, {}
            self._pairs, self._has_lost = 0, False
