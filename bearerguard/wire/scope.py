"""Parse and check scope lists (RFC 6749 section 3.3).

scope       = scope-token *( SP scope-token )
scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
"""

from __future__ import annotations

import re

_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
# Possessive, so that a long list that fails at its end fails at once.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]++(?: [\x21\x23-\x5b\x5d-\x7e]++)*+")


def is_scope_token(text: str) -> bool:
    """Tell whether this can be one scope's name in a token or a challenge."""
    return _SCOPE_TOKEN.fullmatch(text) is not None


def parse_scopes(text: str) -> tuple[str, ...]:
    """Parse a scope list into its names, in their order.

    Empty text is no scopes. Raises ValueError on a double, leading or trailing space and on any
    character that the grammar forbids. Does not: know which scopes exist.
    """
    if not text:
        return ()
    if _SCOPE.fullmatch(text) is None:
        raise ValueError("not a list of scopes separated by single spaces")
    return tuple(text.split(" "))


def dump_scopes(names: tuple[str, ...]) -> str:
    """Write scope names as one list."""
    return " ".join(names)
