"""What editors have said of music, in memory: tags, ratings, collections, ISRCs, barcodes.

There is no catalogue behind it: every MBID counts as one of something. What is kept is gone when the
process ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from uuid import NAMESPACE_URL, uuid5

COLLECTION_NAME = "My collection"  # there is no way to make one over the web service


@dataclass(frozen=True, slots=True)
class Entity:
    """An artist, a recording, ...: what it is and its MBID."""

    kind: str
    mbid: str


@dataclass(frozen=True, slots=True)
class Collection:
    """An editor's list of releases."""

    mbid: str
    editor: str
    releases: tuple[str, ...]
    name: str = COLLECTION_NAME


class Contributions:
    """Every method does all that it is asked for, or nothing."""

    def __init__(self) -> None:
        self._lock = Lock()  # a threaded server calls this from many threads
        self._tags: dict[tuple[str, Entity], tuple[str, ...]] = {}
        self._ratings: dict[tuple[str, Entity], int] = {}
        self._releases: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._isrcs: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._barcodes: dict[str, str] = {}

    def tags(self, editor: str, entity: Entity) -> tuple[str, ...]:
        return self._tags.get((editor, entity), ())

    def set_tags(self, editor: str, tags: Iterable[tuple[Entity, tuple[str, ...]]]) -> None:
        """Make these an editor's tags of these entities; tags of before that are not among them go."""
        with self._lock:
            self._tags |= {(editor, entity): names for entity, names in tags}

    def rating(self, editor: str, entity: Entity) -> int | None:
        """Give an editor's rating, 1 to 100."""
        return self._ratings.get((editor, entity))

    def rate(self, editor: str, ratings: Iterable[tuple[Entity, int]]) -> None:
        """Keep ratings; 0 takes one back."""
        with self._lock:
            for entity, rating in ratings:
                self._ratings.pop((editor, entity), None)
                if rating:
                    self._ratings[editor, entity] = rating

    def collections(self, editor: str) -> list[Collection]:
        """Give an editor's collections: everybody has one from the start."""
        mbid = str(uuid5(NAMESPACE_URL, f"https://musicbrainz.example/user/{editor}/collection"))
        with self._lock:
            return [Collection(mbid, editor, tuple(self._releases[editor]))]

    def put(self, collection: Collection, releases: Iterable[str]) -> None:
        with self._lock:
            self._releases[collection.editor] |= dict.fromkeys(releases)

    def remove(self, collection: Collection, releases: Iterable[str]) -> None:
        with self._lock:
            for release in releases:
                self._releases[collection.editor].pop(release, None)

    def isrcs(self, recording: str) -> tuple[str, ...]:
        return tuple(self._isrcs.get(recording, ()))

    def submit_isrcs(self, isrcs: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        with self._lock:
            for recording, submitted in isrcs:
                self._isrcs[recording] |= dict.fromkeys(submitted)

    def barcode(self, release: str) -> str | None:
        return self._barcodes.get(release)

    def submit_barcodes(self, barcodes: Iterable[tuple[str, str]]) -> None:
        with self._lock:
            self._barcodes |= dict(barcodes)
