"""Parse JSON that somebody else wrote, strictly (RFC 8259, with what RFC 7493 asks of senders).

    JSON-text = ws value ws

Python's own parser does the reading. Refused beyond the grammar: a member's name twice in one object
(RFC 7493 section 2.3; parsers differ in which one they believe), NaN and infinities, numbers that no
double or 64-bit integer holds, lone surrogates, a byte order mark, and too deep a nesting.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

# Claims are objects in objects, rarely a third. More is built to exhaust whoever walks through it.
MAX_DEPTH = 16

# A value costs far more in memory than in the text, and facts are kept.
MAX_VALUES = 4096

# What a 64-bit column, or a double's exact neighbour in another language, can still hold.
MIN_INTEGER = -(2**63)
MAX_INTEGER = 2**64 - 1
MAX_INTEGER_CHARACTERS = len(str(MIN_INTEGER))


def parse_object(text: bytes, *, max_values: int = MAX_VALUES) -> dict[str, Any]:
    """Parse one JSON object in UTF-8, which holds no more values than this; an empty object or list is two.

    Raises ValueError, whose message is fixed text. Does not: bound the length of the text.
    """
    if _count(text) >= max_values and _count(_without_texts(text)) >= max_values:
        raise ValueError("too many values")  # before it costs anything to build them
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError(
            "not UTF-8"
        ) from None  # it holds the whole text, and whoever reports errors would too
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if not _is_plain(text):
        _check(value)
    return value


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a member's name is repeated")
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_INTEGER_CHARACTERS or not MIN_INTEGER <= int(text) <= MAX_INTEGER:
        raise ValueError("a number is out of bounds")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is out of bounds")
    return value


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_no_constant
)


def _is_plain(text: bytes) -> bool:
    """Tell whether a text is too short of brackets and escapes to break a rule of `_check`."""
    # Seven tokens in eight are, and the look at each of their values would take longer than the parser did.
    return text.count(b"{") + text.count(b"[") < MAX_DEPTH and rb"\u" not in text


def _count(text: bytes) -> int:
    """Count what each value but the first comes with: a comma, or its container's bracket."""
    return text.count(b"{") + text.count(b"[") + text.count(b",")


def _without_texts(text: bytes) -> bytes:
    """Leave the strings of a JSON text out; of what is no JSON, the part before that shows is right."""
    bare = text.replace(rb"\\", b"").replace(rb"\"", b"")
    return b"".join(bare.split(b'"')[::2])


def _check(value: object) -> None:
    """Raise ValueError for what Python's parser lets through: depth, and halves of characters."""
    rest = [(value, MAX_DEPTH)]
    while rest:
        value, depth = rest.pop()
        if depth == 0:
            raise ValueError("nested too deeply")
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, list):
            rest.extend((member, depth - 1) for member in value)
        elif isinstance(value, dict):
            for name in value:
                _check_text(name)
            rest.extend((member, depth - 1) for member in value.values())


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character") from None
