"""Say which scopes of a service include others, which RFC 6749 section 3.3 leaves to the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any

from bearerguard.errors import ConfigurationError
from bearerguard.scopes import checked_names

# Which sets of scopes there are is decided by tokens, so what is kept about them is bounded: some 10 MB.
MAX_KEPT_NAMES = 100_000
MAX_GRANTED_NAMES = 100  # a token with more is worked out each time, and pushes nothing out


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ScopeTree:
    """Scopes that include others: `ScopeTree({"modify": ["add"], "add": ["read"]})`.

    A token with `modify` may do what asks for `modify`, `add` or `read`. `scopes` are by default the
    names that occur; given, they are all that the service has, and any other name is a mistake.

    Raises ConfigurationError for a tree that implies nothing, for what cannot be a scope, for a scope
    that implies itself, however far around, and for a name that is not among `scopes`.
    """

    implications: Mapping[str, frozenset[str]]
    scopes: frozenset[str]
    _kept: Callable[[frozenset[str]], frozenset[str]] = field(compare=False)

    def __init__(
        self, implications: Mapping[str, Iterable[str]], scopes: Iterable[str] | None = None
    ) -> None:
        checked = MappingProxyType(_checked(implications))
        occurring = frozenset(checked).union(*checked.values())
        _set(self, "implications", checked)
        _set(self, "scopes", occurring if scopes is None else _checked_scopes(scopes, occurring))
        _refuse_circles(checked)
        max_kept = MAX_KEPT_NAMES // (len(self.scopes) + MAX_GRANTED_NAMES)
        _set(self, "_kept", lru_cache(maxsize=max(max_kept, 1))(partial(_reached, checked)))

    def expand(self, granted: Iterable[str]) -> frozenset[str]:
        """Give these scopes and all that they imply; a name that the tree does not know stays as it is.

        Raises ConfigurationError for a text, whose letters would be taken for scopes.
        """
        if not isinstance(granted, frozenset):
            granted = _granted(granted)
        return (
            self._kept(granted) if len(granted) <= MAX_GRANTED_NAMES else _reached(self.implications, granted)
        )

    def implied_by(self, scope: str) -> frozenset[str]:
        """Give all that this scope implies, without itself. Raises ConfigurationError for an unknown one."""
        if scope not in self.scopes:
            raise ConfigurationError(
                f"this ScopeTree does not know {scope!r}: correct the name, or give it in scopes="
            )
        return _reached(self.implications, frozenset({scope})) - {scope}

    def __hash__(self) -> int:
        return hash((frozenset(self.implications.items()), self.scopes))

    def __repr__(self) -> str:
        implications = {name: sorted(implied) for name, implied in self.implications.items()}
        silent = self.scopes - frozenset(implications).union(*implications.values())
        return f"ScopeTree({implications!r}{f', scopes={sorted(self.scopes)!r}' if silent else ''})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (ScopeTree, (dict(self.implications), self.scopes))


_set = object.__setattr__


def _granted(scopes: Iterable[str]) -> frozenset[str]:
    if isinstance(scopes, str | bytes | Mapping) or not isinstance(scopes, Iterable):
        raise ConfigurationError('expand() takes a set of scopes, as in {"modify"}')
    return frozenset(scopes)


def _reached(implications: Mapping[str, frozenset[str]], granted: frozenset[str]) -> frozenset[str]:
    reached = set(granted)
    waiting = list(granted)
    while waiting:
        new = implications.get(waiting.pop(), frozenset()) - reached
        reached |= new
        waiting.extend(new)
    return granted if len(reached) == len(granted) else frozenset(reached)


def _checked(implications: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    if not isinstance(implications, Mapping):
        raise ConfigurationError(
            "ScopeTree() takes a mapping from a scope to those that it implies, "
            f'as in {{"modify": ["add", "read"]}}, not {type(implications).__name__}'
        )
    checked: dict[str, frozenset[str]] = {}
    for name, implied in implications.items():
        checked_names((name,))
        if isinstance(implied, str | bytes | Mapping) or not isinstance(implied, Iterable):
            raise ConfigurationError(f'what {name!r} implies must be a list of scopes, as in ["add", "read"]')
        checked[name] = frozenset(checked_names(tuple(implied)))
        if name in checked[name]:
            raise ConfigurationError(f"{name!r} implies itself: leave it out of its own list")
    if not any(checked.values()):
        raise ConfigurationError(
            "this ScopeTree implies nothing: leave it out, or say which scope implies another"
        )
    return checked


def _checked_scopes(scopes: Iterable[str], occurring: frozenset[str]) -> frozenset[str]:
    if isinstance(scopes, str | bytes) or not isinstance(scopes, Iterable):
        raise ConfigurationError(
            'ScopeTree(scopes=...) must be all scopes of the service, as in ["add", "read"]'
        )
    known = frozenset(checked_names(tuple(scopes)))
    if unknown := sorted(occurring - known):
        names = ", ".join(map(repr, unknown))
        raise ConfigurationError(
            f"this ScopeTree names what is not among its scopes=, {names}: correct the name, or add it there"
        )
    return known


def _refuse_circles(implications: Mapping[str, frozenset[str]]) -> None:
    ordered = {name: sorted(implied) for name, implied in implications.items()}
    try:
        TopologicalSorter(ordered).prepare()
    except CycleError as error:
        circle = " > ".join(map(repr, reversed(error.args[1])))
        raise ConfigurationError(
            f"scopes of this ScopeTree imply each other in a circle, {circle}: take one of these steps out"
        ) from None
