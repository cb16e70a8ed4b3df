"""Tell numbers that can be meant from those that cannot: True is one to Python, and so is NaN."""

from __future__ import annotations

import math

from bearerguard.errors import ConfigurationError


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
