"""Every parameter of every endpoint for programs, spoilt in every way (RFC 6749 sections 3.2 and 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.devserver.oauth.mangling import FORM, IN_URL, NOT_THERE, OVERSIZED, SPOILT, spoil
from tests.devserver.support import CALLBACK, S256, VERIFIER, Workshop, error

INVALID_CLIENT = (
    401,
    "invalid_client",
    "The application is unknown, or has not shown that it is the one it says.",
)
INVALID_GRANT = (
    400,
    "invalid_grant",
    "The code or refresh token is unknown, used, expired or revoked, or belongs to another application "
    "or redirect URI.",
)
FINE = (200, None, None)


def missing(name: str) -> tuple[int, str, str]:
    """What is said of a parameter that is not there."""
    return 400, "invalid_request", f"Required parameter is missing: {name}"


def by_secret(workshop: Workshop) -> dict[str, str]:
    by = workshop.confidential
    return {"client_id": by.client_id, "client_secret": by.secret or ""}


def for_code(workshop: Workshop) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": workshop.code(workshop.confidential, redirect_uri=CALLBACK, **S256),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **by_secret(workshop),
    }


def for_refreshing(workshop: Workshop) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "refresh_token": workshop.tokens(workshop.confidential)["refresh_token"],
        "scope": "tag",
        **by_secret(workshop),
    }


def for_itself(workshop: Workshop) -> dict[str, str]:
    asked = {"grant_type": "client_credentials", "scope": "tag", "token_type": "bearer"}
    return {**asked, **by_secret(workshop)}


def about_a_token(workshop: Workshop) -> dict[str, str]:
    token = workshop.tokens(workshop.confidential)["access_token"]
    return {"token": token, "token_type_hint": "access_token", **by_secret(workshop)}


def for_information(workshop: Workshop) -> dict[str, str]:
    return {"access_token": workshop.tokens(workshop.confidential)["access_token"]}


CLIENT = {"client_id": INVALID_CLIENT, "client_secret": INVALID_CLIENT}
Answer = tuple[int, str | None, str | None]
# Endpoint, a good request, and what each of its parameters does when it is not there.
TABLE: dict[str, tuple[str, Callable[[Workshop], dict[str, str]], dict[str, Answer]]] = {
    "code": (
        "/oauth2/token",
        for_code,
        {
            "grant_type": missing("grant_type"),
            "code": missing("code"),
            "redirect_uri": INVALID_GRANT,
            "code_verifier": missing("code_verifier"),
            **CLIENT,
        },
    ),
    "refresh": (
        "/oauth2/token",
        for_refreshing,
        {
            "grant_type": missing("grant_type"),
            "refresh_token": missing("refresh_token"),
            "scope": FINE,
            **CLIENT,
        },
    ),
    "itself": (
        "/oauth2/token",
        for_itself,
        {"grant_type": missing("grant_type"), "scope": FINE, "token_type": FINE, **CLIENT},
    ),
    "revoke": (
        "/oauth2/revoke",
        about_a_token,
        {"token": missing("token"), "token_type_hint": FINE, **CLIENT},
    ),
    "introspect": (
        "/oauth2/introspect",
        about_a_token,
        {"token": missing("token"), "token_type_hint": FINE, **CLIENT},
    ),
    "tokeninfo": ("/oauth2/tokeninfo", for_information, {"access_token": missing("access_token")}),
}
ROWS = [(row, name) for row, (_, _, parameters) in TABLE.items() for name in parameters]
every_parameter = pytest.mark.parametrize(("row", "name"), ROWS)


def post(workshop: Workshop, path: str, body: bytes, content_type: str = FORM) -> TestResponse:
    return workshop.client().post(path, data=body, content_type=content_type)


def answer(response: TestResponse) -> Answer:
    """An answer's status, with the error where it is one."""
    return (200, None, None) if response.status_code == 200 else error(response)


@every_parameter
def test_a_parameter_that_is_not_there_is_missed(workshop: Workshop, row: str, name: str) -> None:
    """Left out and without a value are the same (RFC 6749 section 3.2)."""
    path, good, parameters = TABLE[row]
    for how in NOT_THERE.values():
        response = post(workshop, path, spoil(good(workshop), name, how))
        assert parameters[name] == answer(response)


@every_parameter
def test_a_spoilt_parameter_is_named_and_not_repeated(workshop: Workshop, row: str, name: str) -> None:
    """Twice, too long, with control characters, not UTF-8: 400, and after all of it the good one is good."""
    path, good, _ = TABLE[row]
    form = good(workshop)
    for how, said in SPOILT.values():
        response = post(workshop, path, spoil(form, name, how))
        assert (400, "invalid_request", said.format(name)) == error(response)
        assert form[name] not in response.text
        assert 400 > len(response.data)
    assert 200 == post(workshop, path, urlencode(form).encode()).status_code


@every_parameter
def test_a_parameter_in_the_url_is_refused(workshop: Workshop, row: str, name: str) -> None:
    """URLs are written down everywhere (RFC 6749 section 2.3.1); in both places it is refused too."""
    path, good, _ = TABLE[row]
    form = good(workshop)
    for body in (form, {key: value for key, value in form.items() if key != name}):
        response = post(workshop, f"{path}?{urlencode({name: form[name]})}", urlencode(body).encode())
        assert (400, "invalid_request", IN_URL.format(name)) == error(response)


@pytest.mark.parametrize("row", TABLE)
def test_what_is_no_form_is_refused(workshop: Workshop, row: str) -> None:
    """JSON, a multipart form, an upload, nothing (RFC 6749 section 3.2)."""
    path, good, _ = TABLE[row]
    form = good(workshop)
    said = (400, "invalid_request", f"The body must be a form: {FORM}.")
    client = workshop.client()
    assert said == error(client.post(path, json=form))
    assert said == error(client.post(path, data=form, content_type="multipart/form-data"))
    upload = (__file__, "token.txt")
    with open(upload[0], "rb") as file:
        assert said == error(client.post(path, data={**form, "code": (file, upload[1])}))
    assert said == error(post(workshop, path, urlencode(form).encode(), "text/plain"))
    assert said == error(post(workshop, path, urlencode(form).encode(), ""))
    assert said == error(client.post(path))


@pytest.mark.parametrize("row", TABLE)
def test_a_body_beyond_all_forms_is_not_read(workshop: Workshop, row: str) -> None:
    """413, whatever it is."""
    path, good, _ = TABLE[row]
    body = urlencode({**good(workshop), "padding": OVERSIZED * 20}).encode()
    assert 413 == post(workshop, path, body).status_code


@pytest.mark.parametrize("row", TABLE)
def test_unknown_parameters_are_ignored(workshop: Workshop, row: str) -> None:
    """However often they come (RFC 6749 section 3.2)."""
    path, good, _ = TABLE[row]
    body = urlencode({**good(workshop), "resource": "x", "audience": OVERSIZED}).encode()
    assert 200 == post(workshop, f"{path}?utm=1", body + b"&resource=y").status_code


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/oauth2/token", {"OPTIONS", "POST"}),
        ("/oauth2/revoke", {"OPTIONS", "POST"}),
        ("/oauth2/introspect", {"OPTIONS", "POST"}),
        ("/oauth2/tokeninfo", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/oauth2/userinfo", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/.well-known/oauth-authorization-server", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_other_methods_are_not_allowed(workshop: Workshop, path: str, allowed: set[str]) -> None:
    """405 with those that are (RFC 9110 section 15.5.6)."""
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        response = workshop.client().open(path, method=method)
        assert (405, allowed) == (response.status_code, set(response.headers["Allow"].split(", ")))


@pytest.mark.parametrize("row", TABLE)
def test_plain_http_is_refused_and_changes_nothing(workshop: Workshop, row: str) -> None:
    """Never redirected: what was sent has been read by then (RFC 6749 section 3.2)."""
    path, good, _ = TABLE[row]
    form = good(workshop)
    response = workshop.client().post(path, data=form, base_url="http://localhost")
    assert (400, "invalid_request", "Use https.") == error(response)
    assert 200 == workshop.client().post(path, data=form).status_code


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Required parameter is missing: access_token"),
        ("access_token=", "Required parameter is missing: access_token"),
        ("access_token=a&access_token=a", "The parameter access_token must not be sent more than once."),
        ("access_token=" + OVERSIZED, "The parameter access_token is too long."),
        ("access_token=a%00", "The parameter access_token has characters that it cannot have."),
        ("access_token=%ff", "The parameter access_token has characters that it cannot have."),
    ],
)
def test_tokeninfo_reads_its_query_as_strictly(workshop: Workshop, query: str, said: str) -> None:
    """It is the only parameter that an endpoint for programs takes from a URL."""
    assert (400, "invalid_request", said) == error(workshop.client().get(f"/oauth2/tokeninfo?{query}"))
