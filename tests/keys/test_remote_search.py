"""A key that is not in the set: looked for once in a while, whatever strangers send."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from bearerguard.errors import Unavailable
from bearerguard.flow import arun, run
from tests.clients.answering import answer, in_both_colours
from tests.keys.fetching import DOWN, A, B, C, Remote
from tests.keys.material import jwk, key_set


@in_both_colours
def test_a_new_key_is_looked_for_when_it_is_first_used(finish: Any) -> None:
    """However fresh the set is: the issuer has just changed it."""
    remote = Remote(finish=finish)
    remote.find()
    remote.says(key_set(A, B))
    assert (["b"], 2) == (remote.waits("b"), remote.times)
    assert (["a"], ["b"], 2) == (remote.at_once("a"), remote.at_once("b"), remote.times)


@in_both_colours
def test_a_name_that_nobody_knows_costs_one_fetch_in_a_while(finish: Any) -> None:
    """Whatever the name; and nobody waits meanwhile."""
    remote = Remote(finish=finish)
    remote.find()
    assert ([], 2) == (remote.waits("x0"), remote.times)
    assert [[]] * 200 == [remote.at_once(f"x{number}") for number in range(200)]
    remote.move(29.875)
    assert ([], ["a"], 2) == (remote.at_once("x"), remote.at_once(), remote.times)
    remote.move(0.125)
    assert ([], [], 3) == (remote.waits("x"), remote.at_once("x"), remote.times)


def test_its_pause_can_be_chosen() -> None:
    """And counts from the question."""
    remote = Remote(cooldown_seconds=5)
    remote.find()
    remote.http.meanwhile = lambda: remote.move(3)
    remote.waits("x")
    remote.move(1.875)
    assert [] == remote.at_once("x")
    remote.move(0.125)
    assert [] == remote.waits("x")


def test_a_fetch_for_other_reasons_takes_nothing_from_it() -> None:
    """A set that has grown old, or is fetched aside, leaves the search its turn."""
    remote = Remote()
    remote.find()
    remote.move(480)
    remote.at_once()
    remote.says(key_set(A, B))
    assert (["b"], 3) == (remote.waits("b"), remote.times)


def test_the_fetch_of_the_first_set_is_not_followed_by_another_at_once() -> None:
    """What has just come is as new as it gets."""
    remote = Remote()
    assert ([], 1) == (remote.waits("x"), remote.times)


@pytest.mark.parametrize(
    ("kid", "algorithm"), [("a", "RS256"), ("a", "Ed448"), ("a", "none"), ("a", "HS256"), ("r", "ES256")]
)
def test_a_key_that_is_there_and_does_not_fit_is_not_looked_for(kid: str, algorithm: str) -> None:
    """A token that says so lies, or its issuer does."""
    remote = Remote(key_set(A, jwk("RSA", kid="r")))
    remote.find()
    assert ([], 1) == (remote.at_once(kid, algorithm), remote.times)


def test_without_a_name_every_key_that_fits_is_found() -> None:
    """And where none does, one is looked for: the issuer may have begun with another algorithm."""
    remote = Remote(key_set(A, B, jwk("RSA")))
    remote.find()
    assert (["a", "b"], [None], 1) == (remote.at_once(None), remote.at_once(None, "RS256"), remote.times)
    remote.says(key_set(A, jwk("P-256", kid="p")))
    assert (["p"], [], 2) == (remote.waits(None, "ES256"), remote.at_once(None, "ES384"), remote.times)


def test_a_key_without_a_name_is_found_for_a_name_that_no_key_has() -> None:
    """After the search for that one."""
    remote = Remote(key_set(A, jwk("Ed25519", 1)))
    remote.find()
    assert ([None], 2) == (remote.waits("x"), remote.times)
    assert ([None], 2) == (remote.at_once("y"), remote.times)
    assert (["a"], ["a", None], 2) == (remote.at_once(), remote.at_once(None), remote.times)


def test_where_no_key_has_a_name_nothing_is_looked_for() -> None:
    """Or each token that names one would cost a fetch."""
    remote = Remote(key_set(jwk("Ed25519"), jwk("RSA")))
    remote.find()
    assert ([None], [None], 1) == (remote.at_once("x"), remote.at_once(None), remote.times)


@in_both_colours
def test_a_search_that_fails_says_that_we_do_not_know(finish: Any) -> None:
    """503: the token may be good. The keys that are known go on being used, without another look."""
    remote = Remote(finish=finish)
    remote.find()
    remote.says(DOWN)
    assert (DOWN.what, DOWN.what, DOWN.what) == (remote.waits("b"), remote.find("b"), remote.find("c"))
    assert (["a"], 2) == (remote.at_once(), remote.times)
    with pytest.raises(Unavailable) as caught:
        remote.keys.find("b", "Ed25519")
    assert 30 == caught.value.retry_after_seconds
    remote.move(12.5)
    with pytest.raises(Unavailable) as caught:
        remote.keys.find("b", "Ed25519")
    assert 18 == caught.value.retry_after_seconds
    remote.says(key_set(A, B))
    remote.move(17.5)
    assert (["b"], [], 3) == (remote.waits("b"), remote.at_once("c"), remote.times)


def test_a_key_without_a_name_is_found_even_then() -> None:
    """It may be the one that is meant."""
    remote = Remote(key_set(A, jwk("Ed25519", 1)))
    remote.find()
    remote.says(answer(b"", 404))
    assert [[None]] * 2 == [remote.find("x"), remote.find("y")]


def test_threads_share_a_search() -> None:
    """A hundred requests with the new key at once: one fetch, and every one of them has its key."""
    remote = Remote()
    remote.find()
    remote.says(key_set(A, B))
    remote.http.gate = threading.Event()
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(remote.find("b"))) for _ in range(100)]
    for thread in threads:
        thread.start()
    remote.http.gate.set()
    for thread in threads:
        thread.join(20)
    assert ([["b"]] * 100, 2) == (found, remote.times)


def test_tasks_share_a_search() -> None:
    """On one event loop; and whoever comes when it is over has nothing to wait for."""
    remote = Remote()
    remote.find()
    remote.says(key_set(A, B))
    remote.http.gate = threading.Event()

    async def one() -> list[str | None]:
        step: Any = remote.keys.find("b", "Ed25519")
        return [key.kid for key in await arun(step)]

    async def main() -> list[Any]:
        tasks = [asyncio.ensure_future(one()) for _ in range(100)]
        await asyncio.sleep(0)
        assert remote.http.gate is not None
        remote.http.gate.set()
        return await asyncio.gather(*tasks)

    assert ([["b"]] * 100, 2) == (asyncio.run(main()), remote.times)


def test_a_thread_and_a_loop_search_side_by_side() -> None:
    """Neither can wait for the other, so neither is sent away; after both, the pause holds for both."""
    remote = Remote()
    remote.find()
    remote.says(key_set(A, B))
    remote.http.gate = threading.Event()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(remote.find("b")))
    thread.start()
    while remote.times < 2:
        thread.join(0.001)

    async def main() -> list[str | None]:
        step: Any = remote.keys.find("b", "Ed25519")
        task = asyncio.ensure_future(arun(step))
        while remote.times < 3:  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0)
        assert remote.http.gate is not None
        remote.http.gate.set()
        return [key.kid for key in await task]  # type: ignore[union-attr]

    assert ["b"] == asyncio.run(main())
    thread.join(20)
    assert ([["b"]], []) == (found, remote.at_once("c"))
    assert 3 == remote.times


def test_a_search_that_is_cancelled_does_not_fail_its_followers() -> None:
    """One of them searches next; the pause lets it."""
    remote = Remote()
    remote.find()
    remote.says(key_set(A, B))
    remote.http.gate = threading.Event()

    async def main() -> list[str | None]:
        first: Any = remote.keys.find("b", "Ed25519")
        leader = asyncio.ensure_future(arun(first))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second: Any = remote.keys.find("b", "Ed25519")
        follower = asyncio.ensure_future(arun(second))
        await asyncio.sleep(0)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        assert remote.http.gate is not None
        remote.http.gate.set()
        return [key.kid for key in await follower]  # type: ignore[union-attr]

    assert ["b"] == asyncio.run(main())
    assert C["kid"] not in (remote.find("b"))


def test_a_thread_that_comes_late_finds_what_was_found() -> None:
    """Between its look at the set and its search, somebody else's has ended."""
    remote = Remote()
    remote.find()
    late: Any = remote.keys.find("b", "Ed25519")
    remote.says(key_set(A, B))
    assert ["b"] == remote.find("b")
    assert ["b"] == [key.kid for key in run(late)]
    assert 2 == remote.times


def cut_off(remote: Remote, kid: str = "b") -> bool:
    """Begin a search and go away; whether there was one to begin."""
    before = remote.times
    step: Any = remote.keys.find(kid, "Ed25519")

    async def main() -> None:
        task = asyncio.ensure_future(arun(step))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
    return remote.times > before


def test_cancelled_requests_do_not_buy_fetches() -> None:
    """Three more in the pause, and then it is not known whether there is such a key: 503, not 401."""
    remote = Remote()
    remote.find()
    remote.http.gate = threading.Event()
    assert [True] * 4 == [cut_off(remote) for _ in range(4)]
    assert [False] * 20 == [cut_off(remote) for _ in range(20)]
    remote.http.gate.set()
    assert "the search for its key was cut off" == remote.find("b")
    assert (["a"], 5) == (remote.at_once(), remote.times)
    remote.move(30)
    remote.http.gate = threading.Event()
    assert [True] * 4 + [False] == [cut_off(remote) for _ in range(5)]
    remote.http.gate.set()
    remote.move(30)
    assert ([], [], 10) == (remote.waits("b"), remote.at_once("b"), remote.times)


def test_an_answer_ends_the_row_of_those_that_were_cut_off() -> None:
    """Whatever it says."""
    for says, expected in ((key_set(A, B), ["b"]), (DOWN, DOWN.what)):
        remote = Remote()
        remote.find()
        remote.http.gate = threading.Event()
        remote.says(says)
        assert [True, True] == [cut_off(remote), cut_off(remote)]
        remote.http.gate.set()
        assert (expected, expected, 4) == (remote.find("b"), remote.find("b"), remote.times)
