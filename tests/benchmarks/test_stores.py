"""The measurements of shared stores, where they need no server."""

from __future__ import annotations

import pytest

from benchmarks.stores import lookup
from benchmarks.stores.__main__ import parse
from benchmarks.stores.revocation import WARM_UP, Taken
from benchmarks.stores.workers import WORKERS


def test_a_cold_lookup_is_held_against_the_drivers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each store and colour, and one bar beside its own driver."""
    monkeypatch.setattr(lookup, "SUBJECTS", (lookup.of_sqlite,))
    monkeypatch.setattr(lookup, "TOKENS", 100)
    (bar,) = lookup.measure(rounds=2)
    assert bar.name == "SqliteTokenStore, blocking: times sqlite3"
    assert bar.limit == 1.5
    assert "SqliteTokenStore, blocking" in capsys.readouterr().out


def test_a_revocation_takes_until_the_last_of_the_processes() -> None:
    """From its beginning, and from its success; the first ones of a turn do not count."""
    numbers = range(WARM_UP + 1)
    begun, done = dict.fromkeys(numbers, 10.0), dict.fromkeys(numbers, 10.5)
    heard = [dict.fromkeys(numbers, 11.0 + worker) for worker in range(WORKERS)]
    taken = Taken()
    taken.add(begun, done, heard)
    assert taken.last == [WORKERS]
    assert taken.last_of_acknowledged == [WORKERS - 0.5]
    assert len(taken.each) == WORKERS


def test_one_that_does_not_hear_is_not_left_out() -> None:
    """A process without a figure spoils the measurement."""
    numbers = range(WARM_UP + 1)
    instants = dict.fromkeys(numbers, 1.0)
    with pytest.raises(KeyError):
        Taken().add(instants, instants, [instants] * (WORKERS - 1) + [{}])


def test_ten_million_is_the_default() -> None:
    """What the documents speak of is what the command measures."""
    assert parse(["millions"]).tokens == 10_000_000
