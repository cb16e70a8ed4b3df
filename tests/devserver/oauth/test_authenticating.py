"""How applications show who they are (RFC 6749 section 2.3)."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.devserver.support import Registered, Workshop, basic, error

UNKNOWN = "The application is unknown, or has not shown that it is the one it says."
MALFORMED = "The Authorization field must be Basic, with client_id and client_secret (RFC 6749 2.3.1)."
TWO_WAYS = "The application must say who it is in one way: in the Authorization field or in the body."
CHALLENGE = 'Basic realm="devserver", charset="UTF-8"'
INVALID_CLIENT = (401, "invalid_client", UNKNOWN)
ENDPOINTS = ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"]
ASKED = {"grant_type": "client_credentials", "token": "x"}


def ask(
    workshop: Workshop,
    path: str,
    *,
    field: str | None = None,
    headers: dict[str, str] | None = None,
    **form: str,
) -> TestResponse:
    """Ask as a client that authenticates like this."""
    fields = headers or ({} if field is None else {"Authorization": field})
    return workshop.post(path, {**ASKED, **form}, headers=fields)


def encoded(text: str) -> str:
    """A Basic field with just this in it."""
    return "Basic " + base64.b64encode(text.encode("latin-1")).decode()


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_confidential_application_shows_its_secret_in_either_place(workshop: Workshop, path: str) -> None:
    """In the Authorization field or in the body, at every endpoint (RFC 6749 section 2.3.1)."""
    by = workshop.confidential
    assert 200 == ask(workshop, path, headers=by.basic).status_code
    assert 200 == ask(workshop, path, client_id=by.client_id, client_secret=by.secret or "").status_code


def test_the_id_may_stand_in_the_body_besides(workshop: Workshop) -> None:
    """Many clients send it everywhere."""
    by = workshop.confidential
    assert 200 == ask(workshop, "/oauth2/token", headers=by.basic, client_id=by.client_id).status_code


def test_the_name_of_the_scheme_has_no_case(workshop: Workshop) -> None:
    """RFC 9110 section 11.1."""
    field = workshop.confidential.basic["Authorization"].replace("Basic", "bAsIc")
    assert 200 == ask(workshop, "/oauth2/token", field=field).status_code


WRONG: dict[str, Callable[[Registered, Registered], dict[str, str]]] = {
    "a wrong secret": lambda by, other: basic(by.client_id, "wrong"),
    "no secret": lambda by, other: basic(by.client_id, ""),
    "the secret of another": lambda by, other: basic(by.client_id, other.secret or ""),
    "an unknown application": lambda by, other: basic("nobody", by.secret or ""),
    "no application": lambda by, other: basic("", by.secret or ""),
    "a secret cut short": lambda by, other: basic(by.client_id, (by.secret or "")[:-1]),
    "a null in it": lambda by, other: basic(by.client_id, (by.secret or "") + "\0"),
}


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("how", WRONG)
def test_who_is_unknown_and_who_has_the_wrong_secret_are_told_the_same(
    workshop: Workshop, path: str, how: str
) -> None:
    """401 with a challenge (RFC 6749 section 5.2); nobody learns which applications there are."""
    headers = WRONG[how](workshop.confidential, workshop.other)
    response = ask(workshop, path, headers=headers)
    assert INVALID_CLIENT == error(response)
    assert CHALLENGE == response.headers["WWW-Authenticate"]
    assert "no-store" == response.headers["Cache-Control"]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_same_in_the_body_is_the_same_answer(workshop: Workshop, path: str) -> None:
    """Also to who tried no Authorization field."""
    for client_id, secret in (
        (workshop.confidential.client_id, "wrong"),
        (workshop.confidential.client_id, ""),
        ("nobody", "wrong"),
        ("nobody", ""),
        ("", "wrong"),
        ("", ""),
    ):
        response = ask(workshop, path, client_id=client_id, client_secret=secret)
        assert INVALID_CLIENT == error(response)
        assert CHALLENGE == response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "field",
    [
        "Basic",
        "Basic ",
        "Basic ???",
        "Basic YQ",  # no padding
        "Basic  YTpi",  # two spaces
        "Basic YTpi, Basic YTpi",
        encoded("no colon"),
        encoded("\xff\xfe:\xff"),
        encoded("%ff%fe:%ff"),
        "Bearer abc",
        "Digest username=a",
        "YTpi",
        "",
    ],
)
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_malformed_field_is_refused_as_one(workshop: Workshop, path: str, field: str) -> None:
    """With the challenge that names what is right (RFC 6749 section 5.2)."""
    response = ask(workshop, path, field=field)
    assert (401, "invalid_client", MALFORMED) == error(response)
    assert CHALLENGE == response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_good_credentials_under_another_scheme_are_none(workshop: Workshop, path: str) -> None:
    """What is behind the scheme's name is for that scheme (RFC 9110 section 11.4)."""
    field = workshop.confidential.basic["Authorization"].replace("Basic", "Bearer")
    response = ask(workshop, path, field=field)
    assert (401, "invalid_client", MALFORMED) == error(response)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_two_ways_at_once_are_refused(workshop: Workshop, path: str) -> None:
    """RFC 6749 section 2.3: one method in each request."""
    by, refused = workshop.confidential, (400, "invalid_request", TWO_WAYS)
    for form in (
        {"client_id": by.client_id, "client_secret": by.secret or ""},
        {"client_secret": by.secret or ""},
        {"client_id": workshop.other.client_id},
    ):
        assert refused == error(ask(workshop, path, headers=by.basic, **form))


def test_a_secret_is_decoded_as_a_form_is(workshop: Workshop) -> None:
    """A colon in the id, a plus for a space: both parts are form-encoded first (RFC 6749 section 2.3.1)."""
    by = workshop.confidential
    escaped = "".join(f"%{ord(character):02x}" for character in by.secret or "")
    field = encoded(f"{by.client_id}:{escaped}")
    assert 200 == ask(workshop, "/oauth2/token", field=field).status_code


class TestPublic:
    """Applications that cannot keep a secret (RFC 6749 section 2.1)."""

    def test_one_says_its_id_only(self, workshop: Workshop) -> None:
        """In the body, or in a field with an empty secret, as some clients do."""
        client_id = workshop.public.client_id
        assert 200 == ask(workshop, "/oauth2/revoke", client_id=client_id).status_code
        assert 200 == ask(workshop, "/oauth2/revoke", headers=basic(client_id, "")).status_code

    def test_one_that_sends_a_secret_is_refused(self, workshop: Workshop) -> None:
        """It has none."""
        client_id = workshop.public.client_id
        in_body = ask(workshop, "/oauth2/revoke", client_id=client_id, client_secret="guess")
        assert INVALID_CLIENT == error(in_body)
        in_field = ask(workshop, "/oauth2/revoke", headers=basic(client_id, "guess"))
        assert INVALID_CLIENT == error(in_field)

    def test_none_may_introspect(self, workshop: Workshop) -> None:
        """Anybody can say its id (RFC 7662 section 2.1)."""
        response = ask(workshop, "/oauth2/introspect", client_id=workshop.public.client_id)
        assert (401, "invalid_client", "Only confidential applications may ask this.") == error(response)
        assert CHALLENGE == response.headers["WWW-Authenticate"]


def test_a_removed_application_is_unknown(workshop: Workshop) -> None:
    """At once."""
    by = workshop.register("Gone")
    assert 200 == ask(workshop, "/oauth2/token", headers=by.basic).status_code
    workshop.parts.applications.remove(by.client_id)
    assert INVALID_CLIENT == error(ask(workshop, "/oauth2/token", headers=by.basic))
