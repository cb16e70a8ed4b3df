"""The feeds of several stores as one: what all of them have heard (see `bearerguard.stores.feed`)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

from bearerguard.stores.feed import Feed


def feeds_of(store: object) -> tuple[Feed, ...]:
    """Give the feed of a store, none of one that hears of its own process only."""
    feed = getattr(store, "feed", None)
    return () if feed is None else (cast("Feed", feed),)


class Unneeded:
    """For copies of what nobody else changes, or tells of: they are trusted for as long as they are fresh."""

    heard_at = math.inf

    def listen(self) -> None:
        """There is nothing to listen to."""


class AllOf:
    """Several feeds: what all of them have heard."""

    def __init__(self, feeds: Iterable[Feed]) -> None:
        self._feeds = tuple(feeds)

    @property
    def heard_at(self) -> float:
        return min([feed.heard_at for feed in self._feeds])

    def listen(self) -> None:
        """Have all of them listen."""
        for feed in self._feeds:
            feed.listen()


def all_of(feeds: Iterable[Feed]) -> Feed:
    """Make one feed of any number."""
    several = tuple(dict.fromkeys(feeds))
    match several:
        case ():
            return Unneeded()
        case (only,):
            return only
        case _:
            return cast("Feed", AllOf(several))
