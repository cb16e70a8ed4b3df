"""Tell MBIDs, ISRCs and barcodes from what only looks like them (RFC 9562, ISO 3901, GS1 section 7.9)."""

from __future__ import annotations

import re

_MBID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")  # EAN-8, UPC-A, EAN-13, GTIN-14

RATEABLE = frozenset({"artist", "event", "label", "place", "recording", "release-group", "work"})
TAGGABLE = RATEABLE | {"area", "genre", "instrument", "release", "series"}


def is_mbid(text: str) -> bool:
    return _MBID.fullmatch(text) is not None


def is_isrc(text: str) -> bool:
    return _ISRC.fullmatch(text) is not None


def is_barcode(text: str) -> bool:
    """Tell whether the last digit is the check digit of the ones before it."""
    if not _GTIN.fullmatch(text):
        return False
    from_the_right = [int(digit) for digit in reversed(text)]
    return (sum(from_the_right[::2]) + 3 * sum(from_the_right[1::2])) % 10 == 0
