"""The question: what an authorization server is asked about a token, to the byte (RFC 7662 section 2.1)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    ClientBearerToken,
    ClientSecretBasic,
    ClientSecretPost,
    FirstMatch,
    Introspection,
)
from bearerguard.clients import HttpRequest
from bearerguard.flow import run
from bearerguard.verifiers import ASK
from tests.clients.answering import AnsweringClient, active, in_both_colours
from tests.support import RESOURCE, START, credentials
from tests.verifiers.introspecting import ENDPOINT, NAME, PASSED, Edge, Remote

FORM = b"token=remote&token_type_hint=access_token"
FIELDS = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


def asked(**changes: Any) -> HttpRequest:
    """The question about the token "remote", with these changes."""
    expected = {
        "method": "POST",
        "url": ENDPOINT,
        "fields": FIELDS,
        "content": FORM,
        "timeout_seconds": 2.0,
        "max_bytes": 64 * 1024,
    }
    return HttpRequest(**{**expected, **changes})


@pytest.mark.parametrize(
    ("client", "fields", "form"),
    [
        (ClientSecretBasic("api", "secret"), {"Authorization": "Basic YXBpOnNlY3JldA=="}, b""),
        (ClientSecretBasic("a:b c", "d+e%"), {"Authorization": "Basic YSUzQWIlMjBjOmQlMkJlJTI1"}, b""),
        (ClientSecretPost("api", "secret"), {}, b"&client_id=api&client_secret=secret"),
        (ClientSecretPost("a:b c", "d+e&ü"), {}, b"&client_id=a%3Ab+c&client_secret=d%2Be%26%C3%BC"),
        (ClientBearerToken("ours"), {"Authorization": "Bearer ours"}, b""),
        (ClientBearerToken(lambda: "ours"), {"Authorization": "Bearer ours"}, b""),
    ],
)
def test_the_question_is_one_form(edge: Edge, client: Any, fields: dict[str, str], form: bytes) -> None:
    """Token, hint and who we are; these fields and no others."""
    remote = Remote(edge, client=client)
    assert PASSED == remote.outcome()
    assert [asked(fields={**FIELDS, **fields}, content=FORM + form)] == remote.http.asked


def test_each_question_is_one_of_its_own(edge: Edge) -> None:
    """Nothing of one server's goes to another, nor of one request's to the next."""
    first = Remote(edge, client=ClientSecretBasic("api", "secret"))
    second = Remote(edge, client=ClientSecretPost("other", "secret"))
    for remote in (first, second, first):
        remote.ask()
    assert [FIELDS] == [one.fields for one in second.http.asked]
    assert [FORM, FORM] == [one.content for one in first.http.asked]


def test_a_token_may_hold_whatever_a_bearer_token_may(edge: Edge) -> None:
    """RFC 6750 section 2.1; a plus sign must not become a space."""
    remote = Remote(edge)
    assert PASSED == remote.outcome("a-b.c_d~e+f/g==")
    assert b"token=a-b.c_d~e%2Bf%2Fg%3D%3D&token_type_hint=access_token" == remote.http.asked[0].content


def test_the_bounds_of_a_call_can_be_set(edge: Edge) -> None:
    """Of its time."""
    remote = Remote(edge, timeout_seconds=0.5)
    remote.ask()
    assert [0.5] == [one.timeout_seconds for one in remote.http.asked]


def test_the_call_is_made_in_the_colour_of_the_edge(edge: Edge) -> None:
    """A loop is never blocked, and a thread needs none."""
    remote = Remote(edge)
    remote.ask()
    assert [{"asgi": "asend", "wsgi": "send"}[edge.name]] == remote.http.called


def test_every_request_is_a_question_of_its_own(edge: Edge) -> None:
    """It remembers nothing: that is for Cached."""
    remote = Remote(edge)
    assert [PASSED] * 3 == [remote.outcome() for _ in range(3)]
    assert (3, ASK) == (remote.http.times, remote.introspection.recall(b"remote"))
    assert (False, False) == (remote.heard[-1].cached, remote.heard[-1].stale)


def test_what_it_says_are_the_facts(edge: Edge) -> None:
    """Each member where it belongs; what is not understood is kept with the claims."""
    claims = {
        "active": True,
        "scope": "tag rating",
        "client_id": "app",
        "username": "Alice",
        "token_type": "Bearer",
        "exp": START + 60,
        "iat": START - 1.5,
        "nbf": START,
        "sub": "alice",
        "aud": ["other", RESOURCE],
        "iss": "https://as.example.org",
        "jti": "1",
        "groups": ["staff", {"of": None}],
    }
    remote = Remote(edge, active(**claims))
    assert PASSED == remote.outcome()
    expected = AccessToken(
        subject="alice",
        client_id="app",
        scopes=frozenset({"tag", "rating"}),
        issuer="https://as.example.org",
        audience=("other", RESOURCE),
        issued_at=START - 1.5,
        not_before=START,
        expires_at=START + 60,
        claims=claims,
        verifier=NAME,
    )
    assert (expected, False) == (remote.facts, remote.facts.stale)
    assert NAME == remote.heard[-1].verifier


def test_one_member_is_enough(edge: Edge) -> None:
    """All the others are optional (RFC 7662 section 2.2)."""
    remote = Remote(edge, active(sub=..., client_id=..., scope=...))
    assert PASSED == remote.outcome()
    assert AccessToken(claims={"active": True}, verifier=NAME) == remote.facts


@pytest.mark.parametrize("around", [lambda introspection: introspection, Cached])
def test_it_is_named_after_its_host(around: Any) -> None:
    """In decisions and identities; several of one name are told apart, in a cache and in their facts too."""
    client = ClientSecretPost("api", "x")
    endpoints = [f"https://as.example.org/{at}" for at in range(2)]
    two = [around(Introspection(one, client=client, http=AnsweringClient())) for one in endpoints]
    FirstMatch(two)
    assert [NAME, f"{NAME}#2"] == [one.name for one in two]
    assert [NAME, f"{NAME}#2"] == [run(one.verify(credentials())).verifier for one in two]


@in_both_colours
def test_closing_it_closes_its_client(finish: Any) -> None:
    """In its own colour."""
    client = AnsweringClient()
    finish(Introspection(ENDPOINT, client=ClientSecretPost("api", "x"), http=client).close())
    assert ["close" if finish is run else "aclose"] == client.called


def test_it_calls_no_function_of_the_applications_own() -> None:
    """So either edge may have it."""
    introspection = Introspection(ENDPOINT, client=ClientSecretPost("api", "x"), http=AnsweringClient())
    assert ([], False, None) == (
        list(introspection.ports()),
        introspection.cached,
        introspection.final_prefix,
    )
