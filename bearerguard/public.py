"""Which paths pass untouched, tokens and all: `public=("/health", "/static/*")`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bearerguard.errors import ConfigurationError

# Spellings that the application, or a proxy before it, could read as another path than we do: an empty
# or dot segment, a backslash, a control character, and each of them percent-encoded a second time.
_AMBIGUOUS = re.compile(r"//|/\.{1,2}(?:/|$)|\\|[\x00-\x1f\x7f]|%(?:25|2e|2f|5c|0|1)", re.IGNORECASE)


class PublicPaths:
    """Exact paths and subtrees; `/x/*` is everything below `/x/`, not `/x` itself.

    `as_latin_1` is for paths as a WSGI server gives them: UTF-8, but read as Latin-1 (PEP 3333).
    """

    def __init__(self, patterns: Sequence[str], *, as_latin_1: bool = False) -> None:
        if isinstance(patterns, str | bytes) or not isinstance(patterns, Sequence):
            raise ConfigurationError('public= must be a tuple of paths, such as ("/health",): mind the comma')
        for pattern in patterns:
            _check_pattern(pattern)
        if as_latin_1:
            patterns = [pattern.encode("utf-8").decode("latin-1") for pattern in patterns]
        self._exact = frozenset(one for one in patterns if not one.endswith("/*"))
        self._subtrees = tuple(one[:-1] for one in patterns if one.endswith("/*"))

        self.beginnings = (*self._exact, *self._subtrees)
        """What every public path begins with: for `str.startswith`, the cheapest first question."""

    def __contains__(self, path: str) -> bool:
        """Tell whether a decoded path, without the mount's own prefix, is public."""
        if path not in self._exact and not path.startswith(self._subtrees):
            return False
        return _AMBIGUOUS.search(path) is None


def route_path(path: str, root_path: str) -> str:
    """Take the mount's prefix off, where the path begins with it, as the application will."""
    if path.startswith(root_path) and path[len(root_path) : len(root_path) + 1] in ("", "/"):
        return path[len(root_path) :]
    return path


def _check_pattern(pattern: object) -> None:
    if not isinstance(pattern, str) or not pattern.startswith("/"):
        raise ConfigurationError(f"public= holds {pattern!r}: a path begins with a slash")
    if pattern == "/*":
        raise ConfigurationError('public= holds "/*": that is everything, and would leave nothing guarded')
    if re.search("%[0-9A-Fa-f]{2}", pattern):
        raise ConfigurationError(f'public= holds {pattern!r}: write it decoded, as in "/café"')
    if "*" in pattern.removesuffix("/*") or "?" in pattern or _AMBIGUOUS.search(pattern.removesuffix("*")):
        raise ConfigurationError(
            f'public= holds {pattern!r}: write an exact path ("/health") or a subtree ("/static/*")'
        )
