"""What every operation works with."""

from __future__ import annotations

from dataclasses import dataclass, field

from bearerguard import ResourceServer
from bearerguard.scopes import requirement
from spotify.accounts import Accounts
from spotify.calls import Call
from spotify.links import Links


@dataclass(frozen=True, slots=True)
class State:
    """The accounts, the addresses of things, and the guard: for a scope that only the body decides on."""

    guard: ResourceServer = field(repr=False)
    links: Links
    accounts: Accounts = field(default_factory=Accounts, repr=False)

    def need(self, call: Call, scope: str) -> None:
        """Raise InsufficientScope unless the call's token has this scope."""
        self.guard.authorize(call.who, requirement(scope))
