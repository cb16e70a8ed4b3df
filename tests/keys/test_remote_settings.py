"""What remote keys are built from: what could not work is said while building, and how to mend it."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import ConfigurationError
from bearerguard.clients.httpx import HttpxClient
from bearerguard.keys.remote import RemoteKeys
from tests.clients.answering import AnsweringClient
from tests.keys.fetching import URL

NO_URL = 'RemoteKeys needs a URL, such as "https://as.example.org/jwks.json"'
BROKEN_URL = "RemoteKeys: what it should ask is not a URL"
PASSWORD = "RemoteKeys: no user and password in the URL; a key set is for everybody"
NOT_PLAIN = "RemoteKeys: the URL must be plain ASCII, without spaces or a fragment"
NO_HTTPS = (
    "RemoteKeys believes the keys at this URL, so it must be https; "
    "allow_loopback_http=True excuses http to this machine, for development"
)
NO_HTTP = "RemoteKeys(http=...) must be a client such as HttpxClient(ca_file=...): object has no def send()"
SECONDS = "must be a finite number of seconds, more than 0"
NO_SECONDS = [0, -1, True, "2", None, float("inf"), float("nan")]


def build(url: Any = URL, **settings: Any) -> RemoteKeys:
    return RemoteKeys(url, **{"http": AnsweringClient(), **settings})


def mistake(url: Any = URL, **settings: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        build(url, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *[(one, NO_URL) for one in (None, 5, URL.encode(), {"keys": []})],
        ("https://as.example.org:https/", BROKEN_URL),
        ("https://api:secret@as.example.org/", PASSWORD),
        *[(f"{URL}{one}", NOT_PLAIN) for one in ("#x", " ", "\n", "ü")],
        *[
            (one, NO_HTTPS)
            for one in ("", "as.example.org", "http://as.example.org/", "http://localhost/", "file:///x")
        ],
    ],
)
def test_the_url_is_https(url: Any, expected: str) -> None:
    """Whoever can change the keys on the way can sign anything."""
    assert expected == mistake(url)


def test_http_to_this_machine_can_be_excused() -> None:
    """For development, by a switch of its own."""
    build("http://localhost:8080/x", allow_loopback_http=True)
    assert NO_HTTPS == mistake("http://as.example.org/", allow_loopback_http=True)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("min_age_seconds", NO_SECONDS, SECONDS),
        ("max_age_seconds", NO_SECONDS, SECONDS),
        ("max_stale_seconds", [-1, True, "2", None, float("inf"), float("nan")], SECONDS),
        ("cooldown_seconds", NO_SECONDS, SECONDS),
        ("timeout_seconds", NO_SECONDS, SECONDS),
        ("allow_loopback_http", [None, 0, 1, "True"], "must be True or False"),
        ("monotonic", [3, None, lambda one: one], "must be a function without arguments that gives seconds"),
    ],
)
def test_a_setting_that_could_not_work_is_a_mistake(name: str, values: list[Any], expected: str) -> None:
    """Found while building, and named."""
    assert [f"RemoteKeys({name}=...) {expected}"] * len(values) == [mistake(**{name: one}) for one in values]


def test_the_youngest_age_is_not_above_the_oldest() -> None:
    """Equal is a fixed age."""
    expected = "RemoteKeys(min_age_seconds=...) must not be more than max_age_seconds"
    assert expected == mistake(min_age_seconds=3601)
    assert expected == mistake(max_age_seconds=59)
    build(min_age_seconds=60, max_age_seconds=60)


def test_anything_but_a_client_that_makes_calls_is_a_mistake() -> None:
    """It is asked for both colours."""
    assert NO_HTTP == mistake(http=object())


def test_without_one_it_brings_a_client_of_its_own() -> None:
    """Each its own: what one closes, the other does not need."""
    one, other = (build(http=None)._endpoint._http for _ in range(2))
    assert [HttpxClient, HttpxClient, False] == [type(one), type(other), one is other]


def test_nothing_is_fetched_while_building() -> None:
    """An application starts without its issuer."""
    http = AnsweringClient()
    build(http=http)
    assert [] == http.called
