"""What Introspection is built from: a mistake is found at once, and the cure is named."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import (
    ClientBearerToken,
    ClientSecretBasic,
    ClientSecretPost,
    ConfigurationError,
    Introspection,
)
from bearerguard.clients.httpx import HttpxClient
from tests.clients.answering import AnsweringClient
from tests.verifiers.introspecting import ENDPOINT

NO_URL = 'Introspection needs a URL, such as "https://as.example.org/introspect"'
BROKEN_URL = "Introspection: what it should ask is not a URL"
PASSWORD = "Introspection: no user and password in the URL; they go into client="
NOT_PLAIN = "Introspection: the URL must be plain ASCII, without spaces or a fragment"
NO_HTTPS = (
    "Introspection sends tokens to this URL, so it must be https; "
    "allow_loopback_http=True excuses http to this machine, for development"
)
NO_CLIENT = 'Introspection(client=...) must say who we are, as ClientSecretBasic("api", secret) does'
NO_HTTP = (
    "Introspection(http=...) must be a client such as HttpxClient(ca_file=...): object has no def send()"
)


def build(endpoint: Any = ENDPOINT, **settings: Any) -> Introspection:
    return Introspection(
        endpoint, **{"client": ClientSecretBasic("api", "secret"), "http": AnsweringClient(), **settings}
    )


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        *[(one, NO_URL) for one in (None, 5, ENDPOINT.encode())],
        ("https://as.example.org:https/", BROKEN_URL),
        ("https://[::1/introspect", BROKEN_URL),
        ("https://api:secret@as.example.org/", PASSWORD),
        *[(f"{ENDPOINT}{one}", NOT_PLAIN) for one in ("#x", " ", "\n", "ü")],
        *[
            (one, NO_HTTPS)
            for one in ("", "as.example.org", "http://as.example.org/", "http://localhost/", "https:///x")
        ],
    ],
)
def test_an_endpoint_is_an_https_url(endpoint: Any, expected: str) -> None:
    """Tokens are sent there."""
    with pytest.raises(ConfigurationError) as caught:
        build(endpoint)
    assert expected == str(caught.value)


def test_http_to_this_machine_can_be_excused() -> None:
    """For development, by a switch of its own."""
    assert "introspection:localhost" == build("http://localhost:8080/x", allow_loopback_http=True).name
    with pytest.raises(ConfigurationError, match=r"^Introspection sends tokens to this URL"):
        build("http://as.example.org/", allow_loopback_http=True)


class Attribute:
    """What cannot be called is no method."""

    authenticate = "authenticate"


@pytest.mark.parametrize(
    "client", [None, "secret", ("api", "secret"), object(), Attribute(), ClientSecretBasic, ClientBearerToken]
)
def test_it_must_be_known_who_we_are(client: Any) -> None:
    """A class is nobody yet."""
    with pytest.raises(ConfigurationError) as caught:
        build(client=client)
    assert NO_CLIENT == str(caught.value)


def test_a_client_of_somebodys_own_may_say_who_we_are() -> None:
    """By a method of its own."""

    class Own:
        def authenticate(self, fields: dict[str, str], form: dict[str, str]) -> None: ...

    class Async:
        async def authenticate(self, fields: dict[str, str], form: dict[str, str]) -> None: ...

    class Without:
        def authenticate(self) -> None: ...

    for unfit in (Async(), Without(), Own):
        with pytest.raises(ConfigurationError):
            build(client=unfit)
    for client in (Own(), ClientSecretPost("api", "secret"), ClientBearerToken("ours")):
        build(client=client)


NO_TEXT = "must be a text that is not empty, or None"


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        (
            "issuer",
            ["", 5, True, b"x", ["https://as.example.org"]],
            "must be a text that is not empty, or None",
        ),
        ("scopes_from", ["", 5, True, b"scp", ["scp"]], NO_TEXT),
        (
            "subject_from",
            ["", 5, True, b"username", ["username"]],
            "must be a text that is not empty, or None",
        ),
        ("require_audience", [None, 0, 1, "True"], "must be True or False"),
        ("require_token_type", [None, 0, 1, "True"], "must be True or False"),
        ("allow_loopback_http", [None, 0, 1, "True"], "must be True or False"),
        (
            "timeout_seconds",
            [0, -1, True, "2", None, float("inf"), float("nan")],
            "must be a finite number of seconds, more than 0",
        ),
        ("now", [3, None, lambda one: one], "must be a function without arguments that gives seconds"),
        ("monotonic", [3, None], "must be a function without arguments that gives seconds"),
        ("max_in_flight", [0, -1, 1.5, True, "64", None], "must be a number of calls, 1 or more"),
    ],
)
def test_a_setting_that_could_not_work_is_a_mistake(name: str, values: list[Any], expected: str) -> None:
    """Found while building, and named."""
    for value in values:
        with pytest.raises(ConfigurationError) as caught:
            build(**{name: value})
        assert f"Introspection({name}=...) {expected}" == str(caught.value)


def test_anything_but_a_client_that_makes_calls_is_a_mistake() -> None:
    """It is asked for both colours."""
    with pytest.raises(ConfigurationError) as caught:
        build(http=object())
    assert NO_HTTP == str(caught.value)


def test_without_one_it_brings_a_client_of_its_own() -> None:
    """Each its own: what one closes, the other does not need."""
    one, other = build(http=None), build(http=None)
    assert [HttpxClient, HttpxClient] == [type(each._endpoint._http) for each in (one, other)]
    assert one._endpoint._http is not other._endpoint._http


def test_at_most_64_calls_are_in_flight_by_default() -> None:
    """More would only wait in line at the server."""
    assert (64, 64) == (build()._endpoint._max_in_flight, build(max_in_flight=64)._endpoint._max_in_flight)
