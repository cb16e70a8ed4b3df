"""An issuer that is down, or answers no key set: how long its last keys serve, and what the log says."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard.breaker import Unreachable
from bearerguard.clients import ConnectionLost, HttpResponse
from bearerguard.errors import Unavailable
from bearerguard.flow import run
from tests.clients.answering import answer, in_both_colours
from tests.keys.fetching import DOWN, LEFT_ALONE, WHAT, A, B, Remote, lines
from tests.keys.material import jwk, key_set, private_key

KIND = "its answer is neither application/json nor application/jwk-set+json"
IS_DOWN = f"{WHAT} is unavailable, requests that need it get 503: "
IS_BACK = ("WARNING", f"{WHAT} answers again")
TOO_LONG = "its answer is no use: it is longer than 65536 bytes"
CONTENT = key_set(A).content


def no_set(why: str) -> str:
    return f"its answer is no key set: {why}"


def no_key(why: str) -> str:
    return f"its key set has no key for us: {why}"


OUTAGES: list[tuple[Any, str]] = [
    (DOWN, DOWN.what),
    (Unreachable("TLS failed"), "TLS failed"),
    (Unavailable(TOO_LONG), TOO_LONG),
    *[(answer(CONTENT, status), f"it answered {status}") for status in (429, 502, 503, 504)],
    *[
        (answer(CONTENT, status), f"it answers {status}")
        for status in (100, 201, 204, 301, 302, 304, 307, 400, 401, 403, 404, 410, 500)
    ],
    *[
        (answer(CONTENT, content_type=one), KIND)
        for one in ("text/html", "text/plain", "application/jwt", "application/jwk+json", "", None)
    ],
    (answer(b""), no_set("not JSON")),
    (answer(b"<html>"), no_set("not JSON")),
    (answer(CONTENT[:-1]), no_set("not JSON")),
    (answer(CONTENT.decode().encode("utf-16")), no_set("not UTF-8")),
    (answer([A]), no_set("not a JSON object")),
    (answer({}), no_set("keys is not a list")),
    (answer(A), no_set("keys is not a list")),
    (answer({"keys": A}), no_set("keys is not a list")),
    (answer(b'{"keys":[],"keys":[]}'), no_set("a member's name is repeated")),
    (answer(b'{"keys":' + b"[" * 20 + b"]" * 20 + b"}"), no_set("nested too deeply")),
    (answer({"keys": [0] * 5000}), no_set("too many values")),
    (answer({"keys": [A] * 65}), no_set("it has more than 64 keys")),
    (key_set(), no_key("it is empty")),
    (key_set("a", None, 5), no_key("it is not an object")),
    (key_set({**A, "use": "enc"}), no_key("it is not for signatures: see its use and key_ops")),
    (key_set(jwk("RSA", n="AQAB")), no_key("its modulus has fewer than 2048 bits")),
    (
        key_set({"kty": "AKP"}, {"kty": "oct", "k": "AA"}, {"kty": "x"}),
        no_key("its kind or its curve is none that we know; it is a shared secret"),
    ),
    (key_set(private_key("RSA").as_dict(private=True)), no_key("it is a private key")),
]
each_outage = pytest.mark.parametrize(("says", "why"), OUTAGES)


@each_outage
def test_what_is_no_key_set_is_an_outage(says: Any, why: str) -> None:
    """Never an empty set, which would refuse every token: nobody has said that they are bad."""
    remote = Remote(says)
    assert (why, 1) == (remote.waits(), remote.times)
    remote.says(key_set(A))
    assert ["a"] == remote.waits()


@each_outage
@in_both_colours
def test_the_last_good_keys_serve_on(says: Any, why: str, finish: Any) -> None:
    """One request waits for the failure, nobody after it, and every one of them has the keys."""
    remote = Remote(finish=finish)
    remote.find()
    remote.says(says)
    remote.move(600)
    assert (["a"], 2) == (remote.waits(), remote.times)
    assert [["a"]] * 20 == [remote.at_once() for _ in range(20)]
    assert 2 == remote.times
    remote.move(30)
    assert (["a"], 3) == (remote.at_once(), remote.times)
    assert (why, 4) == (remote.find("b"), remote.times)
    remote.says(key_set(A, B))
    remote.move(30)
    assert (["a"], ["b"], 5) == (remote.at_once(), remote.at_once("b"), remote.times)


def test_they_serve_for_a_day_since_they_were_asked_for() -> None:
    """After that nobody vouches for them, and each request that comes tries again."""
    remote = Remote()
    remote.find()
    remote.says(DOWN)
    remote.move(600)
    remote.waits()
    remote.move(86_399.875 - 600)
    assert ["a"] == remote.at_once()
    remote.move(0.125)
    assert [DOWN.what] * 3 == [remote.waits() for _ in range(3)]
    assert 6 == remote.times  # the fifth failure in a row was one of them
    assert (LEFT_ALONE, 6) == (remote.find(), remote.times)
    remote.says(key_set(A))
    remote.move(1)
    assert (["a"], 0) == (remote.waits(), remote.told)


@pytest.mark.parametrize(("seconds", "life"), [(0, 600), (60, 600), (600, 600), (1200, 1200)])
def test_for_how_long_can_be_chosen(seconds: float, life: float) -> None:
    """Never for less than the answer said; 0 is not at all."""
    remote = Remote(max_stale_seconds=seconds)
    remote.find()
    remote.says(DOWN)
    remote.move(life - 0.125)
    assert ["a"] == remote.find()
    remote.move(0.125)
    assert DOWN.what == remote.find()


def test_an_outage_that_began_ahead_of_need_makes_nobody_wait() -> None:
    """It was met aside, and is met again aside."""
    remote = Remote()
    remote.find()
    remote.says(DOWN)
    for seconds in (480, 30, 30, 30, 30, 30):
        remote.move(seconds)
        assert ["a"] == remote.at_once()
        assert ["a"] == remote.at_once()
    assert 7 == remote.times
    remote.says(key_set(B))
    remote.move(30)
    assert (["a"], ["b"], 8) == (remote.at_once(), remote.at_once("b"), remote.times)
    assert (1, []) == (remote.told, remote.find())


def test_five_failures_in_a_row_and_it_is_left_alone() -> None:
    """Whatever the failure: it is everybody's."""
    remote = Remote(answer(b"<html>", content_type="text/html"))
    assert [KIND] * 5 == [remote.waits() for _ in range(5)]
    assert [LEFT_ALONE] * 3 == [remote.waits() for _ in range(3)]
    assert 5 == remote.times


def test_a_connection_that_is_lost_is_worth_one_more_try() -> None:
    """A pooled one may have been closed."""
    lost = ConnectionLost("the connection was lost, or what came over it is not HTTP")
    assert (["a"], 2) == ((remote := Remote(lost, key_set(A))).find(), remote.times)


def test_an_outage_is_one_error_and_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """And a warning of what goes on meanwhile, and for how long."""
    remote = Remote()
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        remote.find()
        assert [] == lines(caplog)
        remote.says(answer(b"", 404))
        remote.move(600)
        for _ in range(4):
            remote.find()
            remote.move(30)
            remote.settle()
        expected = "the last good key set of as.example.org is used on, for 1430 more minutes at most"
        assert [("ERROR", f"{IS_DOWN}it answers 404"), ("WARNING", expected)] == lines(caplog)
        remote.says(key_set(A))
        remote.at_once()
        remote.at_once()
    assert [IS_BACK] == lines(caplog)


def test_without_keys_that_could_go_on_nothing_is_said_of_them(caplog: pytest.LogCaptureFixture) -> None:
    """At the first start, or when the last ones have come to their end."""
    remote = Remote(DOWN, max_stale_seconds=0)
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        run(remote.keys.warm_up())
        assert [("ERROR", IS_DOWN + DOWN.what)] == lines(caplog)
        remote.says(key_set(A))
        remote.find()
        remote.says(DOWN)
        remote.move(600)
        remote.find()
    assert [IS_BACK, ("ERROR", IS_DOWN + DOWN.what)] == lines(caplog)


def test_keys_that_come_and_go_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """In one line, without their names."""
    remote = Remote()
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        remote.find()
        for keys in ((A, B), (B,), (B,), (B, {"kty": "AKP"}), (A,)):
            remote.says(key_set(*keys))
            remote.move(600)
            remote.find()
    changed = f"{WHAT} has changed: "
    assert [
        ("INFO", changed + "keys that came: 1, that went: 0"),
        ("INFO", changed + "keys that came: 0, that went: 1"),
        ("INFO", changed + "keys that came: 1, that went: 1"),
    ] == lines(caplog)


BAD = [
    (jwk("RSA", n="AQAB"), "WARNING", "is not used: its modulus has fewer than 2048 bits"),
    ("a", "WARNING", "is not used: it is not an object"),
    (jwk("RSA", alg="ES256"), "WARNING", "is not used: its alg does not fit its kind"),
    *[
        (
            key,
            "ERROR",
            f"is no public key: it is a {what}; it is not used, and whoever has read the set can misuse it: "
            "tell the issuer",
        )
        for key, what in (
            (private_key("RSA").as_dict(private=True), "private key"),
            ({"kty": "oct", "k": "c2VjcmV0"}, "shared secret"),
        )
    ],
]


@pytest.mark.parametrize(("key", "level", "expected"), BAD)
def test_a_bad_key_among_good_ones_is_told_once(
    key: Any, level: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By its number in the set; nothing of it is in the log. The others go on."""
    remote = Remote(key_set(A, key, B))
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        assert ["b"] == remote.find("b")
        remote.move(600)
        remote.find()
        assert [(level, f"key 2 of {WHAT} {expected}")] == lines(caplog)
        remote.says(key_set(A, key))
        remote.move(600)
        remote.find()
        assert (level, f"key 2 of {WHAT} {expected}") in lines(caplog)


def test_a_set_that_flickers_does_not_make_the_log_flicker(caplog: pytest.LogCaptureFixture) -> None:
    """The same key is no news within ten seconds."""
    remote = Remote(min_age_seconds=1, max_age_seconds=1)
    with caplog.at_level(logging.WARNING, "bearerguard"):
        for second in range(20):
            remote.says(key_set(A, "a", {**B, "x": str(second)}))
            remote.find()
            remote.move(1)
    assert 4 == len(lines(caplog))


def test_keys_for_something_else_are_no_news(caplog: pytest.LogCaptureFixture) -> None:
    """Most sets have some."""
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        assert ["a"] == Remote(key_set(A, {**B, "use": "enc"}, {"kty": "AKP"})).find()
    assert [] == lines(caplog)


def test_an_exception_that_nobody_expected_is_no_outage() -> None:
    """It comes out as it is: a 500, and never a pass."""
    remote = Remote(LookupError("x"))
    with pytest.raises(LookupError):
        remote.waits()
    remote.says(key_set(A))
    assert ["a"] == remote.waits()


def test_an_answer_is_never_taken_for_another(caplog: pytest.LogCaptureFixture) -> None:
    """The same bytes in another answer that is no use are no use."""
    remote = Remote()
    remote.find()
    remote.says(HttpResponse(status=200, fields={"content-type": "text/html"}, content=CONTENT))
    remote.move(600)
    assert (["a"], KIND) == (remote.waits(), remote.find("b"))
