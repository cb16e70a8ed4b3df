"""For how long an answer may be kept (RFC 9111 sections 4.2, 5.1 and 5.2)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.wire.cache_control import MAX_DELTA_SECONDS, find_fresh_seconds


def fresh(cache_control: str, age: str | None = None) -> int | None:
    fields = {"cache-control": cache_control}
    return find_fresh_seconds(fields if age is None else {**fields, "age": age})


@pytest.mark.parametrize(
    ("cache_control", "expected"),
    [
        ("max-age=60", 60),
        ("Max-Age=60", 60),
        ("public, max-age=60, must-revalidate", 60),
        (" , max-age=60 ,", 60),
        ('max-age="60"', 60),
        ('private="a, max-age=5", max-age=60', 60),
        ("max-age=0", 0),
        ("max-age=60, max-age=30", 30),
        ("max-age=060", 60),
        (f"max-age={2**31}", MAX_DELTA_SECONDS),
        ("max-age=99999999999", MAX_DELTA_SECONDS),
        ("max-age=" + "9" * 10_000, MAX_DELTA_SECONDS),
        ("no-store", 0),
        ("no-cache, max-age=60", 0),
        ("max-age=60, No-Store", 0),
        ('no-cache="set-cookie", max-age=60', 0),
        ("max-age", 0),
        ("max-age=", 0),
        ("max-age=-1", 0),
        ("max-age=1.5", 0),
        ("max-age=1e3", 0),
        ("max-age=abc", 0),
        ("max-age=\u0666", 0),
        ("max-age= 60", 0),
        ("", None),
        ("public", None),
        ("s-maxage=60", None),
        ("x-max-age=60", None),
        ('x="max-age=60"', None),
    ],
)
def test_an_answer_says_how_long_it_is_fresh(cache_control: str, expected: int | None) -> None:
    """None where it does not; what cannot be read is stale."""
    assert expected == fresh(cache_control)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        ("0", 60),
        ("20", 40),
        (" 20 ", 40),
        ("60", 0),
        ("61", 0),
        ("9" * 5000, 0),
        *[(age, 0) for age in ("", "-5", "x", "1.5", "5, 7", "\u0665")],
    ],
)
def test_what_it_has_aged_on_the_way_counts(age: str, expected: int) -> None:
    """In the cache of somebody else (RFC 9111 section 5.1)."""
    assert expected == fresh("max-age=60", age)


def test_without_the_field_it_says_nothing() -> None:
    """An Age alone says nothing either."""
    assert [None, None] == [find_fresh_seconds({}), find_fresh_seconds({"age": "5"})]


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["max-age", "=", '"', ",", " ", "5", "no-cache", "\\"])).map("".join)
)
def test_any_text_is_read(text: str) -> None:
    """As nothing, or as a number within the bounds."""
    for found in (fresh(text), fresh(text, "5"), fresh("max-age=60", text)):
        assert found is None or 0 <= found <= MAX_DELTA_SECONDS


@pytest.mark.parametrize("piece", ['a="', 'a="b"', "a=", "max-age=", ",", '"', "a"])
def test_a_long_field_takes_no_long_time(piece: str) -> None:
    """64 KiB of field are read in a moment."""
    began_at = time.perf_counter()
    fresh(piece * (65_536 // len(piece)))
    assert time.perf_counter() - began_at < 0.5
