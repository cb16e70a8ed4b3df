"""What can be made to go wrong on purpose, for tests of what a guard does then."""

from __future__ import annotations

from dataclasses import dataclass

from bearerguard.checks import is_number
from bearerguard.errors import ConfigurationError

SWITCHES = ("unavailable", "revoke_at_once")


@dataclass(slots=True)
class Faults:
    """Switches of a running server; each counts from the next request on.

    `unavailable` answers 503 to everything under /oauth2 and to the metadata; `delay_seconds` waits before
    each of these answers; `clock_skew_seconds` is how far the server's clock is ahead of this machine's,
    behind it where negative; `revoke_at_once` revokes every access token in the moment it is issued.

    Raises ConfigurationError for what a switch cannot be, and leaves it as it was.
    """

    unavailable: bool = False
    delay_seconds: float = 0.0
    clock_skew_seconds: float = 0.0
    revoke_at_once: bool = False

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse at once what would only show in an answer."""
        if name in SWITCHES and not isinstance(value, bool):
            raise ConfigurationError(f"{name} must be True or False")
        if name == "delay_seconds" and (not is_number(value) or value < 0):  # type: ignore[operator]
            raise ConfigurationError("delay_seconds must be a number of seconds, 0 or more")
        if name == "clock_skew_seconds" and not is_number(value):
            raise ConfigurationError("clock_skew_seconds must be a number of seconds, below 0 for behind")
        object.__setattr__(self, name, value)

    def clear(self) -> None:
        """Let everything work again."""
        self.unavailable = self.revoke_at_once = False
        self.delay_seconds = self.clock_skew_seconds = 0.0
