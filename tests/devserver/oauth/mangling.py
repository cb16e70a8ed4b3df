"""Forms as they should not be: one parameter at a time left out, repeated, spoilt or in the wrong place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

Pairs = list[tuple[str, str | bytes]]
Spoil = Callable[[str, str], Pairs]

OVERSIZED = "x" * 5_000
FORM = "application/x-www-form-urlencoded"

# What stands in the place of one parameter, and what is said of that.
SPOILT: dict[str, tuple[Spoil, str]] = {
    "repeated": (
        lambda name, value: [(name, value), (name, value)],
        "The parameter {} must not be sent more than once.",
    ),
    "oversized": (lambda name, value: [(name, OVERSIZED)], "The parameter {} is too long."),
    "with a null": (
        lambda name, value: [(name, value + "\0")],
        "The parameter {} has characters that it cannot have.",
    ),
    "with a line break": (
        lambda name, value: [(name, value + "\n")],
        "The parameter {} has characters that it cannot have.",
    ),
    "not UTF-8": (
        lambda name, value: [(name, b"\xff\xfe")],
        "The parameter {} has characters that it cannot have.",
    ),
}
NOT_THERE: dict[str, Spoil] = {
    "missing": lambda name, value: [],
    "empty": lambda name, value: [(name, "")],
}
IN_URL = "The parameter {} must be sent in the body, not in the URL."


def spoil(form: Mapping[str, str], name: str, how: Spoil) -> bytes:
    """The body in which one parameter is spoilt."""
    pairs: Pairs = []
    for key, value in form.items():
        pairs += how(key, value) if key == name else [(key, value)]
    return urlencode(pairs).encode("ascii")
