"""Faults: a switch that is put to what it cannot be says so there, not in an answer later."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.devserver import Faults
from bearerguard.errors import ConfigurationError

DELAY = "delay_seconds must be a number of seconds, 0 or more"
SKEW = "clock_skew_seconds must be a number of seconds, below 0 for behind"
NAN = float("nan")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *(("delay_seconds", value, DELAY) for value in ("2", -1, None, True, NAN, float("inf"))),
        *(("clock_skew_seconds", value, SKEW) for value in ("2", None, True, NAN)),
        *(("unavailable", value, "unavailable must be True or False") for value in ("no", None, 1)),
        *(("revoke_at_once", value, "revoke_at_once must be True or False") for value in ("no", None, 0)),
    ],
)
def test_a_switch_that_cannot_be_is_a_sentence(name: str, value: Any, sentence: str) -> None:
    """Set or given, and it stays as it was."""
    faults = Faults()
    with pytest.raises(ConfigurationError) as raised:
        setattr(faults, name, value)
    assert (sentence, Faults()) == (str(raised.value), faults)
    with pytest.raises(ConfigurationError):
        Faults(**{name: value})


def test_a_switch_that_there_is_not_is_an_error() -> None:
    """A name that is mistyped would switch nothing, and the test would pass."""
    with pytest.raises(AttributeError):
        Faults().unavailble = True  # type: ignore[attr-defined]
