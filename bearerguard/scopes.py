"""What a route asks for: all of these scopes, one of those, or any good token."""

from __future__ import annotations

from dataclasses import dataclass

from bearerguard.errors import ConfigurationError
from bearerguard.wire.scope import is_scope_token


@dataclass(frozen=True, slots=True)
class any_of:  # noqa: N801 - read as a word of the route's sentence: requires(any_of("a", "b"))
    """One of several scopes: `requires(any_of("tag", "rating"))`."""

    scopes: tuple[str, ...]

    def __init__(self, *scopes: str) -> None:
        if not scopes:
            raise ConfigurationError("any_of() needs at least one scope: no token could have one of none")
        object.__setattr__(self, "scopes", checked_names(scopes))


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a route asks for: all of `needed`, and one of each of `choices`; neither: any good token.

    `scopes` are all the names in the route's order, as a challenge lists them.
    """

    needed: frozenset[str]
    choices: tuple[frozenset[str], ...]
    scopes: tuple[str, ...]

    def is_met_by(self, granted: frozenset[str]) -> bool:
        if not self.needed <= granted:
            return False
        for choice in self.choices:  # noqa: SIM110 - every request comes here, and most have none
            if granted.isdisjoint(choice):
                return False
        return True


def requirement(*parts: str | any_of) -> Requirement:
    """Read the arguments of a `requires(...)`.

    Raises ConfigurationError for a name that could not stand in a challenge.
    """
    for part in parts:
        if not isinstance(part, str | any_of):
            raise ConfigurationError(
                f"requires() takes scope names, as in requires('tag', 'rating'), not {type(part).__name__}; "
                "a decorator without scopes is written requires()"
            )
    choices = [(part if isinstance(part, any_of) else any_of(part)).scopes for part in parts]
    names = dict.fromkeys(name for choice in choices for name in choice)
    return Requirement(
        needed=frozenset(choice[0] for choice in choices if len(choice) == 1),
        choices=tuple(frozenset(choice) for choice in choices if len(choice) > 1),
        scopes=tuple(names),
    )


def checked_names(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Give each name once. Raises ConfigurationError for one that could not stand in a challenge."""
    for name in scopes:
        if not isinstance(name, str) or not is_scope_token(name):
            raise ConfigurationError(
                f"{name!r} cannot be a scope: give each as a string of its own, without spaces or quotes"
            )
    return tuple(dict.fromkeys(scopes))
