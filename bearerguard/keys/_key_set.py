"""A set of keys (RFC 7517 section 5): which of them may have made a signature."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bearerguard.keys.jwk import SignatureKey, UnusableKey, read_jwk

H = TypeVar("H", bound=Hashable)

# Microsoft's busiest set has about ten. Each costs a fraction of a millisecond to read.
MAX_KEYS = 64

# A token that names no key, or a name that several have, is tried with so many: the current key, the last
# one, the next, and one to spare. Each costs a verification, and a stranger's token is worth no more.
MAX_TRIED = 4


class KeySet:
    """The keys of one issuer at one time; it never changes."""

    __slots__ = ("_all", "_named", "_nameless", "_names", "keys")

    def __init__(self, keys: Iterable[SignatureKey]) -> None:
        self.keys = tuple(dict.fromkeys(keys))  # the same key twice is one
        self._names = {key.kid for key in self.keys if key.kid is not None}
        pairs = [(algorithm, key) for key in self.keys for algorithm in key.algorithms]
        self._named = _group(((key.kid, algorithm), key) for algorithm, key in pairs)
        self._nameless = _group((algorithm, key) for algorithm, key in pairs if key.kid is None)
        self._all = _group(pairs)

    def find(self, kid: str | None, algorithm: str) -> tuple[SignatureKey, ...] | None:
        """Find the keys that may have made a signature; None where a newer set might know one.

        () says that there is a key of this name, and that it does not fit.
        """
        if kid is None or not self._names:
            return self._all.get(algorithm)
        return self._named.get((kid, algorithm), ()) if kid in self._names else None

    def find_nameless(self, algorithm: str) -> tuple[SignatureKey, ...]:
        """Find the fitting keys without a name, which any name may mean."""
        return self._nameless.get(algorithm, ())


def _group(pairs: Iterable[tuple[H, SignatureKey]]) -> dict[H, tuple[SignatureKey, ...]]:
    groups: dict[H, list[SignatureKey]] = {}
    for name, key in pairs:
        groups.setdefault(name, []).append(key)
    return {name: tuple(group[:MAX_TRIED]) for name, group in groups.items()}


@dataclass(frozen=True, slots=True)
class ReadKeySet:
    """What a JWK Set comes to: the keys, and why others of its members are none, by their number from 1."""

    keys: KeySet
    unusable: tuple[tuple[int, UnusableKey], ...]


def read_key_set(document: Mapping[str, Any]) -> ReadKeySet:
    """Read a JWK Set; one bad key costs itself only (RFC 7517 section 5).

    Raises ValueError, whose message is fixed text, for what is no set, or too large a one.
    """
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise ValueError("keys is not a list")
    if len(entries) > MAX_KEYS:
        raise ValueError(f"it has more than {MAX_KEYS} keys")
    keys, unusable = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            if not isinstance(entry, dict):
                raise UnusableKey("it is not an object")
            keys.append(read_jwk(entry))
        except UnusableKey as error:
            unusable.append((number, error))
    return ReadKeySet(KeySet(keys), tuple(unusable))
