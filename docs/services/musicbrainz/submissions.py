"""Read what clients submit: tags, ratings, ISRCs and barcodes in the XML of mmd-2.0.

A submission is read to its end before anything of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from musicbrainz import mmd
from musicbrainz.contributions import Entity
from musicbrainz.identifiers import RATEABLE, TAGGABLE, is_barcode, is_isrc, is_mbid

MAX_TAG_CHARACTERS = 255  # longer than any tag that people use
_RATING = re.compile(r"[0-9]{1,2}|100")


class NotTaken(ValueError):
    """What is wrong with a submission or a parameter: a text for the client, without anything it sent."""


def read_tags(content: bytes) -> list[tuple[Entity, tuple[str, ...]]]:
    return [(entity, _tags_of(element)) for entity, element in _entities(content, TAGGABLE)]


def read_ratings(content: bytes) -> list[tuple[Entity, int]]:
    return [(entity, _rating_of(element)) for entity, element in _entities(content, RATEABLE)]


def read_isrcs(content: bytes) -> list[tuple[str, tuple[str, ...]]]:
    return [(entity.mbid, _isrcs_of(element)) for entity, element in _entities(content, {"recording"})]


def read_barcodes(content: bytes) -> list[tuple[str, str]]:
    return [(entity.mbid, _barcode_of(element)) for entity, element in _entities(content, {"release"})]


def entity_of(kind: str, mbid: str, kinds: frozenset[str] | set[str]) -> Entity:
    """Name an entity. Raises NotTaken."""
    if kind not in kinds:
        raise NotTaken("This type of entity cannot have that.")
    if not is_mbid(mbid):
        raise NotTaken("Invalid MBID.")
    return Entity(kind, mbid)


def _entities(content: bytes, kinds: frozenset[str] | set[str]) -> Iterator[tuple[Entity, Element]]:
    """Go through `<metadata><X-list><X id="...">`."""
    try:
        root = mmd.read(content)
    except mmd.Unreadable as error:
        raise NotTaken("The body must be a metadata document of mmd-2.0, without a DOCTYPE.") from error
    for listed in root:
        for element in listed:
            yield entity_of(mmd.name_of(element), mmd.attribute(element, "id") or "", kinds), element


def _tags_of(element: Element) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for listed in mmd.children(element, "user-tag-list"):
        for tag in mmd.children(listed, "user-tag"):
            if mmd.attribute(tag, "vote") is not None:
                raise NotTaken("Votes on tags are not taken here: submit the whole list.")
            name = mmd.text_of(tag, "name").lower()
            if not name or len(name) > MAX_TAG_CHARACTERS:
                raise NotTaken(f"A tag has 1 to {MAX_TAG_CHARACTERS} characters.")
            names[name] = None
    return tuple(names)


def _rating_of(element: Element) -> int:
    rating = mmd.text_of(element, "user-rating")
    if not _RATING.fullmatch(rating):
        raise NotTaken("A rating is a whole number from 0 to 100.")
    return int(rating)


def _isrcs_of(element: Element) -> tuple[str, ...]:
    listed = [isrc for group in mmd.children(element, "isrc-list") for isrc in mmd.children(group, "isrc")]
    isrcs = tuple(mmd.attribute(isrc, "id") or "" for isrc in listed)
    if not isrcs or not all(is_isrc(isrc) for isrc in isrcs):
        raise NotTaken("An ISRC has twelve characters, as in GBAYE6900522.")
    return isrcs


def _barcode_of(element: Element) -> str:
    barcode = mmd.text_of(element, "barcode")
    if not is_barcode(barcode):
        raise NotTaken("A barcode has 8, 12, 13 or 14 digits, and the last one checks the others.")
    return barcode
