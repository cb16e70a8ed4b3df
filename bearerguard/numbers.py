"""Tell numbers that can be meant from those that cannot: True is one to Python, and so is NaN."""

from __future__ import annotations

import math


def is_number(value: object) -> bool:
    """Tell whether this is a finite number, and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: object) -> bool:
    """Tell whether this is a whole number of 1 or more, and not a bool."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
