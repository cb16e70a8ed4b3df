"""Settings that could not work are found while building, and the message names the parameter."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bearerguard.checks import check_clocks, check_counts, check_names, check_seconds, check_switches
from bearerguard.errors import ConfigurationError


def complaint(check: Any, *arguments: Any, **values: Any) -> str | None:
    """What is said of these values."""
    try:
        check("X", *arguments, **values)
    except ConfigurationError as error:
        return str(error)
    return None


@pytest.mark.parametrize("value", [0, 1, None, "True", "", [], 1.0])
def test_a_switch_is_true_or_false(value: Any) -> None:
    """Text from a settings file is neither: "False" would be true."""
    assert complaint(check_switches, one=True, other=False) is None
    assert "X(other=...) must be True or False" == complaint(check_switches, one=True, other=value)


@pytest.mark.parametrize("value", ["", 5, True, False, b"x", [], ["x"]])
def test_a_name_is_a_text_or_none(value: Any) -> None:
    """An empty one would match nothing, or everything."""
    assert complaint(check_names, one=None, other="x") is None
    assert "X(other=...) must be a text that is not empty, or None" == complaint(
        check_names, one="x", other=value
    )


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "5", None, float("inf")])
def test_a_count_is_a_whole_number(value: Any) -> None:
    """1 or more, of what is counted."""
    assert complaint(check_counts, "calls", one=1, other=10**9) is None
    expected = "X(other=...) must be a number of calls, 1 or more"
    assert expected == complaint(check_counts, "calls", one=1, other=value)


@pytest.mark.parametrize("value", [0, 0.0, -1, True, "5", None, float("inf"), float("nan")])
def test_a_time_has_an_end(value: Any) -> None:
    """And a length."""
    assert complaint(check_seconds, one=0.001, other=5) is None
    expected = "X(other=...) must be a finite number of seconds, more than 0"
    assert expected == complaint(check_seconds, one=1, other=value)


@pytest.mark.parametrize("value", [None, 5, "now", lambda one: one, [time.time]])
def test_a_clock_is_a_function_without_arguments(value: Any) -> None:
    """The time itself would stand still."""
    assert complaint(check_clocks, one=time.time, other=lambda: 0.0) is None
    expected = "X(other=...) must be a function without arguments that gives seconds"
    assert expected == complaint(check_clocks, one=time.time, other=value)
