"""Check the settings that a guard is built from: True is a number to Python, and so is NaN."""

from __future__ import annotations

import math

from bearerguard.errors import ConfigurationError
from bearerguard.flow import takes


def is_number(value: object) -> bool:
    """Tell whether this is a finite number, and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: object) -> bool:
    """Tell whether this is a whole number of 1 or more, and not a bool."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def check_counts(owner: str, unit: str, **values: object) -> None:
    """Raise ConfigurationError unless each of these parameters of `owner` is a whole number, 1 or more."""
    for name, value in values.items():
        if not is_count(value):
            raise ConfigurationError(f"{owner}({name}=...) must be a number of {unit}, 1 or more")


def check_seconds(owner: str, **values: float) -> None:
    """Raise ConfigurationError unless each of these parameters of `owner` is a time, more than 0."""
    for name, value in values.items():
        if not is_number(value) or value <= 0:
            raise ConfigurationError(f"{owner}({name}=...) must be a finite number of seconds, more than 0")


def check_switches(owner: str, **values: object) -> None:
    """Raise ConfigurationError unless each of these parameters of `owner` is True or False."""
    for name, value in values.items():
        if not isinstance(value, bool):
            raise ConfigurationError(f"{owner}({name}=...) must be True or False")


def check_names(owner: str, **values: object) -> None:
    """Raise ConfigurationError unless each of these parameters of `owner` is None or a text."""
    for name, value in values.items():
        if value is not None and (not isinstance(value, str) or not value):
            raise ConfigurationError(f"{owner}({name}=...) must be a text that is not empty, or None")


def check_clocks(owner: str, **clocks: object) -> None:
    """Raise ConfigurationError unless each of these parameters of `owner` can be asked for the time."""
    for name, clock in clocks.items():
        if not takes(clock, 0):
            raise ConfigurationError(
                f"{owner}({name}=...) must be a function without arguments that gives seconds"
            )
