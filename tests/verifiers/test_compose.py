"""Verifiers out of verifiers, and out of functions."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    ConfigurationError,
    FirstMatch,
    FromFunction,
    InvalidToken,
    Reason,
    StoredTokens,
    Unavailable,
)
from bearerguard.credentials import Credentials
from bearerguard.flow import Flow, arun, run
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import ASK, Verifier
from tests.support import credentials, known, record_of, stored

ALICE = AccessToken(subject="alice")
BOB = AccessToken(subject="bob")


def test_the_first_that_knows_decides() -> None:
    """None means: ask the next one."""
    first, second = known(a=ALICE), known(a=BOB, b=BOB)
    verifier = FirstMatch([FromFunction(first, name="1"), FromFunction(second, name="2")])
    expected = [replace(ALICE, verifier="1"), replace(BOB, verifier="2"), None]
    assert expected == [run(verifier.verify(credentials(token))) for token in "abc"]


@pytest.mark.parametrize("error", [InvalidToken(Reason.REVOKED), Unavailable("down")])
def test_a_no_and_a_cannot_know_stop_the_chain(error: Exception) -> None:
    """A token of ours never travels on; and while we cannot know, nobody else may say yes."""

    def first(token: str) -> AccessToken:
        raise error

    asked: list[str] = []
    verifier = FirstMatch([FromFunction(first, name="1"), FromFunction(asked.append, name="2")])
    with pytest.raises(type(error)):
        run(verifier.verify(credentials()))
    assert [] == asked


def test_it_is_answered_on_the_spot_where_the_first_can() -> None:
    """A token's form decides without I/O; what needs I/O is asked for."""
    store = MemoryTokenStore()
    token = stored(store)
    cached = Cached(FromFunction(known(x=ALICE), name="f"))
    verifier = FirstMatch([StoredTokens(store), cached])
    assert (ASK, ASK) == (verifier.recall(credentials(token).token), verifier.recall(credentials("x").token))
    run(verifier.verify(credentials("x")))
    assert replace(ALICE, verifier="f") == verifier.recall(credentials("x").token)
    only = FirstMatch([StoredTokens(store)])
    assert (None, None) == (only.recall(credentials("y").token), run(only.verify(credentials("y"))))
    with pytest.raises(InvalidToken):
        verifier.recall(credentials("bg_wrong").token)


def test_what_it_tells_about_itself() -> None:
    """Ports of all, changes of all, many issuers where there is more than one."""
    store = MemoryTokenStore()
    function = known()
    one, two = StoredTokens(store), FromFunction(function, name="f")
    verifier = FirstMatch([one, two])
    heard: list[bytes | None] = []
    verifier.subscribe(heard.append)
    store.add(record_of("x"))
    assert ([store.find, function], 1) == (list(verifier.ports()), len(heard))
    assert (True, False, False) == (verifier.many, FirstMatch([one]).many, FromFunction(function).many)
    assert [True, False] == [FirstMatch([one, Cached(two)]).cached, verifier.cached]


@pytest.mark.parametrize("verifiers", [[], (), [None], [StoredTokens], 5, None])
def test_it_needs_verifiers(verifiers: Any) -> None:
    """An empty list would refuse everybody."""
    with pytest.raises(ConfigurationError) as caught:
        FirstMatch(verifiers)
    assert str(caught.value).startswith("FirstMatch needs a list of at least one verifier")


def test_it_asks_each_verifier_once() -> None:
    """Twice the same would be a mistake in a list."""
    verifier = FromFunction(known())
    with pytest.raises(ConfigurationError, match=r"^FirstMatch needs each verifier once$"):
        FirstMatch([verifier, verifier])


@pytest.mark.parametrize("second", ["bg_", "bg_x"])
@pytest.mark.parametrize("is_cached", [False, True])
def test_a_store_that_would_never_be_asked_is_a_mistake(second: str, is_cached: bool) -> None:
    """A store's answer is final for its prefix, so one behind it with the same beginning is dead."""
    first: Any = StoredTokens(MemoryTokenStore())
    other: Any = StoredTokens(MemoryTokenStore(), prefix=second)
    with pytest.raises(ConfigurationError) as caught:
        FirstMatch([first, Cached(other) if is_cached else other])
    expected = (
        f"FirstMatch would never ask its second store for tokens that begin with {second!r}: "
        "give each store a prefix of its own"
    )
    assert expected == str(caught.value)
    FirstMatch(
        [first, StoredTokens(MemoryTokenStore(), prefix="b"), StoredTokens(MemoryTokenStore(), prefix=None)]
    )


def test_two_stores_of_one_name_can_be_told_apart() -> None:
    """One sub from two places is never one user."""
    verifier = FirstMatch(
        [
            StoredTokens(MemoryTokenStore(), prefix=None),
            StoredTokens(other := MemoryTokenStore(), prefix=None),
        ]
    )
    other.add(record_of("x"))
    found = run(verifier.verify(credentials("x")))
    assert found is not None
    assert found.verifier != "stored"


async def later(token: str) -> AccessToken | None:
    await asyncio.sleep(0)
    return ALICE


def test_names_are_numbered_through_whatever_is_around_them() -> None:
    """A cache's name is its verifier's."""
    cached = Cached(FromFunction(known(b=ALICE), name="f"))
    verifier = FirstMatch(
        [FromFunction(known(a=ALICE), name="f"), cached, FromFunction(known(c=ALICE), name="f")]
    )
    found = [run(verifier.verify(credentials(token))) for token in "abc"]
    assert ["f", "f#2", "f#3"] == [one and one.verifier for one in found]


def test_what_a_verifier_need_not_say() -> None:
    """No I/O, no functions, no changes."""

    class Constant(Verifier):
        name = "constant"

        def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
            return ALICE
            yield

    constant = Constant()
    constant.subscribe(lambda digest: None)
    assert ([], ASK) == ([*constant.ports()], constant.recall(credentials().token))
    assert ALICE == run(constant.verify(credentials()))


def test_a_function_may_be_async() -> None:
    """Under an event loop."""
    found = asyncio.run(arun(FromFunction(later).verify(credentials())))
    assert replace(ALICE, verifier="function:later") == found


@pytest.mark.parametrize("wrong", [True, "alice", {"sub": "alice"}, 0, ""])
def test_a_function_that_gives_something_else_is_a_failure(wrong: Any) -> None:
    """Truthy or not: never a pass, and the value is not shown."""
    with pytest.raises(TypeError) as caught:
        run(FromFunction(lambda token: wrong, name="mine").verify(credentials()))
    assert f"mine must return an AccessToken or None, not {type(wrong).__name__}" == str(caught.value)


def test_a_function_has_a_name() -> None:
    """For decisions, and for whose users these are."""

    class Lookup:
        def __call__(self, token: str) -> None: ...

    names = [FromFunction(later).name, FromFunction(Lookup()).name, FromFunction(later, name="x").name]
    assert ["function:later", "function:Lookup", "x"] == names


@pytest.mark.parametrize("function", [None, "f", 5])
def test_anything_but_a_function_is_a_mistake(function: Any) -> None:
    """Found at start."""
    with pytest.raises(
        ConfigurationError, match=r"^FromFunction needs a function: token in, AccessToken or None out$"
    ):
        FromFunction(function)


def test_an_outage_of_a_function_is_over_with_its_next_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A no is an answer too."""
    answers = iter(
        [Unavailable("down"), Unavailable("down"), Unavailable("worse"), InvalidToken(), InvalidToken()]
    )

    def function(token: str) -> None:
        raise next(answers)

    verifier = FromFunction(function, name="f")
    with caplog.at_level(logging.DEBUG):
        for _ in range(5):
            with pytest.raises((Unavailable, InvalidToken)):
                run(verifier.verify(credentials()))
    assert [
        "f is unavailable, requests that need it get 503: down",
        "f is unavailable, requests that need it get 503: worse",
        "f answers again",
    ] == [one.getMessage() for one in caplog.records]


@pytest.mark.parametrize("name", [3, ""])
def test_a_function_has_a_name_of_text(name: Any) -> None:
    """It is part of users' identities."""
    with pytest.raises(ConfigurationError) as caught:
        FromFunction(lambda token: None, name=name)
    assert "FromFunction(name=...) must be a short text" == str(caught.value)


def test_a_function_that_cannot_take_a_token_is_a_mistake() -> None:
    """Found at start, not at the first request."""
    with pytest.raises(ConfigurationError) as caught:
        FromFunction(lambda: None)  # type: ignore[arg-type, misc]
    assert "FromFunction needs a function: token in, AccessToken or None out" == str(caught.value)
