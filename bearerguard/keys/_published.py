"""Read what an issuer answers when asked for its keys (RFC 7517 sections 5 and 8.5)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from bearerguard.breaker import Unreachable
from bearerguard.clients import HttpResponse
from bearerguard.clients.lifetime import Fetched
from bearerguard.keys._key_set import KeySet, ReadKeySet, read_key_set
from bearerguard.keys.jwk import ExposedKey, OtherKey
from bearerguard.outage import Seldom
from bearerguard.wire.cache_control import find_fresh_seconds
from bearerguard.wire.json import parse_object

logger = logging.getLogger("bearerguard")

MEDIA_TYPES = ("application/jwk-set+json", "application/json")


@dataclass(frozen=True, slots=True)
class Published:
    """A set of keys, and the text that it was read from."""

    keys: KeySet
    content: bytes = field(repr=False)


class AnswerReader:
    """Reads the answers of one issuer; `what` names its key set in the log."""

    def __init__(self, what: str, *, monotonic: Callable[[], float]) -> None:
        self._what = what
        self._seldom = Seldom(monotonic)

    def read(self, response: HttpResponse, last: Published | None) -> Fetched[Published]:
        """Give the keys, those of the last answer where this one is the same, and how long it is fresh.

        Raises Unreachable for everything else than a set with a key in it that can be used: whatever is
        wrong concerns everybody's tokens. An empty set would refuse them all, and we know no such thing.
        """
        if response.status != 200:
            raise Unreachable(f"it answers {response.status}")
        if response.media_type not in MEDIA_TYPES:
            raise Unreachable("its answer is neither application/json nor application/jwk-set+json")
        if last is None or last.content != response.content:
            last = Published(self._read_keys(response.content), response.content)
        return last, find_fresh_seconds(response.fields)

    def tell_change(self, old: Published, new: Published) -> bool:
        """Log which keys came and went; whether any went."""
        before, after = set(old.keys.keys), set(new.keys.keys)
        came, went = len(after - before), len(before - after)
        if came or went:
            logger.info("%s has changed: keys that came: %d, that went: %d", self._what, came, went)
        return went > 0

    def _read_keys(self, content: bytes) -> KeySet:
        try:
            read = read_key_set(parse_object(content))
        except ValueError as error:
            raise Unreachable(f"its answer is no key set: {error}") from error
        if not read.keys.keys:
            reasons = dict.fromkeys(str(error) for _, error in read.unusable)
            raise Unreachable(f"its key set has no key for us: {'; '.join(reasons) or 'it is empty'}")
        self._tell_unusable(read)
        return read.keys

    def _tell_unusable(self, read: ReadKeySet) -> None:
        for number, error in read.unusable:
            if isinstance(error, OtherKey) or not self._seldom.is_news(f"{number} {error}"):
                continue
            if isinstance(error, ExposedKey):
                logger.error(
                    "key %d of %s is no public key: %s; it is not used, and whoever has read the set can "
                    "misuse it: tell the issuer",
                    number,
                    self._what,
                    error,
                )
            else:
                logger.warning("key %d of %s is not used: %s", number, self._what, error)
