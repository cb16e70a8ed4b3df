"""Read for how long an answer may be kept (RFC 9111 sections 4.2, 5.1 and 5.2).

    Cache-Control   = #cache-directive
    cache-directive = token [ "=" ( token / quoted-string ) ]
    max-age, Age    = delta-seconds         ; 1*DIGIT

`s-maxage` is for caches that many share, `Expires` needs the clocks of both sides to agree: neither is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_DIRECTIVE = re.compile(rf'({_TOKEN})(?:=(?:({_TOKEN})|"([^"]*)"))?')
_DELTA_SECONDS = re.compile(r"[0-9]+")

# RFC 9111 section 1.2.2: whatever is larger counts as this.
MAX_DELTA_SECONDS = 2**31
_MAX_DIGITS = len(str(MAX_DELTA_SECONDS))


def find_fresh_seconds(fields: Mapping[str, str]) -> int | None:
    """Find for how much longer an answer is fresh; None where it does not say, 0 where it is not to be kept.

    `fields` has lower-case names. What is said twice holds as the shorter, and what cannot be read makes
    the answer stale (RFC 9111 section 4.2.1).
    """
    lifetimes = []
    for name, token, quoted in _DIRECTIVE.findall(fields.get("cache-control", "")):
        if name.lower() in ("no-store", "no-cache"):
            return 0
        if name.lower() == "max-age":
            lifetimes.append(_read_seconds(token or quoted, unreadable=0))
    if not lifetimes:
        return None
    age_seconds = _read_seconds(fields.get("age", "0"), unreadable=MAX_DELTA_SECONDS)
    return max(0, min(lifetimes) - age_seconds)


def _read_seconds(text: str, *, unreadable: int) -> int:
    text = text.strip(" \t")
    if _DELTA_SECONDS.fullmatch(text) is None:
        return unreadable
    if len(text) > _MAX_DIGITS:
        return MAX_DELTA_SECONDS
    return min(int(text), MAX_DELTA_SECONDS)
