"""Who we are to an authorization server (RFC 6749 section 2.3.1, RFC 7662 section 2.1)."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import FrozenInstanceError
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearerguard import ClientBearerToken, ClientSecretBasic, ClientSecretPost
from bearerguard.clients.authentication import ClientAuthentication
from bearerguard.errors import ConfigurationError, Unavailable

SECRET = "s3cr3t"


def said(client: ClientAuthentication) -> tuple[dict[str, str], dict[str, str]]:
    """What it adds to the fields and to the form of a call."""
    fields, form = {"Accept": "application/json"}, {"token": "x"}
    client.authenticate(fields, form)
    assert ("application/json", "x") == (fields.pop("Accept"), form.pop("token"))
    return fields, form


def pair(client_id: str, client_secret: str) -> str:
    """What stands in the field, decoded once."""
    fields, form = said(ClientSecretBasic(client_id, client_secret))
    assert (["Authorization"], {}) == (list(fields), form)
    word, _, encoded = fields["Authorization"].partition(" ")
    assert "Basic" == word
    return b64decode(encoded, validate=True).decode("ascii")


PARTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x7f", min_codepoint=32), min_size=1
)


@pytest.mark.parametrize(
    ("client_id", "client_secret", "expected"),
    [
        ("api", "secret", "api:secret"),
        ("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", "s6BhdRkqt3:7Fjfp0ZBr1KtDRbnfVdmIw"),
        ("a:b", "c:d", "a%3Ab:c%3Ad"),
        ("a b", "c+d", "a%20b:c%2Bd"),
        ("100%", "%3A", "100%25:%253A"),
        ("ü", "€😀", "%C3%BC:%E2%82%AC%F0%9F%98%80"),
        ("\ud7ff", "\ue000", "%ED%9F%BF:%EE%80%80"),
        ("https://api.example.org/", "a/b?c=d&e", "https%3A%2F%2Fapi.example.org%2F:a%2Fb%3Fc%3Dd%26e"),
        ("-._~", "=", "-._~:%3D"),
    ],
)
def test_both_parts_are_form_encoded_first(client_id: str, client_secret: str, expected: str) -> None:
    """RFC 6749 section 2.3.1, with the example there: a colon in a name does not end it."""
    assert expected == pair(client_id, client_secret)


@settings(deadline=None)
@given(PARTS, PARTS)
def test_both_parts_can_be_read_back(client_id: str, client_secret: str) -> None:
    """Whatever they hold: split at the colon, decode each."""
    first, second = pair(client_id, client_secret).split(":")
    assert (client_id, client_secret) == (unquote_plus(first), unquote_plus(second))


@settings(deadline=None)
@given(PARTS, PARTS)
def test_by_post_both_are_parameters_of_the_form(client_id: str, client_secret: str) -> None:
    """As they are: the whole form is encoded once, at its end."""
    fields, form = said(ClientSecretPost(client_id, client_secret))
    assert ({}, {"client_id": client_id, "client_secret": client_secret}) == (fields, form)
    assert list(form.items()) == parse_qsl(urlencode(form), keep_blank_values=True, strict_parsing=True)


def test_a_bearer_token_may_be_a_text() -> None:
    """Of the form that RFC 6750 section 2.1 gives it."""
    assert ({"Authorization": "Bearer a.b-c_d~e+f/g=="}, {}) == said(ClientBearerToken("a.b-c_d~e+f/g=="))


def test_a_bearer_token_may_be_a_function() -> None:
    """Which is asked each time, since what it gives changes."""
    tokens = iter(["first", "second"])
    client = ClientBearerToken(lambda: next(tokens))
    assert ["Bearer first", "Bearer second"] == [said(client)[0]["Authorization"] for _ in range(2)]


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ü", "a=b", None, 5, b"token", True])
def test_a_function_that_gives_anything_else_cannot_ask(token: Any) -> None:
    """A line break in it would be a field of somebody else's."""
    with pytest.raises(Unavailable, match=r"^what should be our own token is none: see client=$"):
        said(ClientBearerToken(lambda: token))


@pytest.mark.parametrize("failure", [OSError("secret"), ValueError("secret"), KeyError("secret")])
def test_a_function_that_fails_cannot_ask(failure: Exception) -> None:
    """Nothing is known of the caller's token then; and its words may hold what is secret."""

    def fail() -> str:
        raise failure

    with pytest.raises(Unavailable, match=r"^our own token could not be had: see client=$"):
        said(ClientBearerToken(fail))


async def later() -> str:
    return "token"


@pytest.mark.parametrize(
    "token",
    ["", "a b", "a\nb", "ü", "=", None, 5, b"token", True, later, partial(later), lambda one: one, ["token"]],
)
def test_anything_but_a_token_or_a_plain_function_is_a_mistake(token: Any) -> None:
    """Found while building."""
    with pytest.raises(ConfigurationError) as caught:
        ClientBearerToken(token)
    assert "ClientBearerToken needs a token, or a plain function that gives one" == str(caught.value)


@pytest.mark.parametrize("kind", [ClientSecretBasic, ClientSecretPost])
@pytest.mark.parametrize(
    "parts", [("", SECRET), ("api", ""), (None, SECRET), ("api", None), ("api", SECRET.encode()), (5, SECRET)]
)
def test_a_part_that_is_missing_is_a_mistake(kind: Any, parts: Any) -> None:
    """An empty secret is an environment variable that nobody set."""
    with pytest.raises(ConfigurationError) as caught:
        kind(*parts)
    expected = f"{kind.__name__} needs a client_id and a client_secret, neither of them empty"
    assert expected == str(caught.value)


@pytest.mark.parametrize("kind", [ClientSecretBasic, ClientSecretPost])
@pytest.mark.parametrize(
    "parts",
    [
        ("a\ud800", SECRET),
        ("api", "\udcff"),
        ("api", "\udfffx"),
        ("api", f"{SECRET}\n"),
        ("a\x00", SECRET),
        ("a", "\x7f"),
    ],
)
def test_a_part_that_no_form_can_carry_is_a_mistake(kind: Any, parts: Any) -> None:
    """As an environment variable that is not UTF-8 gives it, or a file that ends with a line break."""
    with pytest.raises(ConfigurationError):
        kind(*parts)


def test_no_secret_shows() -> None:
    """A repr ends in a log; the name is no secret."""
    shown = [
        repr(ClientSecretBasic("api", SECRET)),
        repr(ClientSecretPost("api", SECRET)),
        repr(ClientBearerToken(SECRET)),
    ]
    expected = [
        "ClientSecretBasic(client_id='api')",
        "ClientSecretPost(client_id='api')",
        "ClientBearerToken()",
    ]
    assert expected == shown


@pytest.mark.parametrize(
    ("client", "name"),
    [
        (ClientSecretBasic("a", "b"), "client_id"),
        (ClientSecretPost("a", "b"), "client_secret"),
        (ClientBearerToken("t"), "token"),
    ],
)
def test_they_are_what_the_verifier_takes(client: Any, name: str) -> None:
    """And cannot be changed while it runs."""
    assert isinstance(client, ClientAuthentication)
    with pytest.raises(FrozenInstanceError):
        setattr(client, name, "other")
