"""The rules for applications and users, for the command and for the pages."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.devserver.redirect_uris import OOB
from bearerguard.devserver.registering import add_user, register
from bearerguard.errors import ConfigurationError
from tests.devserver.support import CALLBACK, Workshop

ASCII = "a redirect URI must be plain ASCII without spaces: write anything else as %20 and the like"
HOST = "a redirect URI needs a host in small letters, with a port or without"
BEGIN = "a redirect URI must begin with https://... or, on your own machine, http://localhost"


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("", "a redirect URI must be a text such as https://client.example.org/callback"),
        ("/callback", BEGIN),
        ("//client.example.org/callback", BEGIN),
        ("https:client.example.org", BEGIN),
        ("HTTPS://client.example.org/", BEGIN),
        ("javascript:alert(1)", BEGIN),
        ("org.example.app:/cb", BEGIN),
        ("data:text/html,x", BEGIN),
        (OOB, f"{OOB} is for installed applications only: register it as one"),
        (
            "https://client.example.org/#top",
            "a redirect URI must not have a fragment: leave out the # and what follows",
        ),
        ("https://client.example.org/a b", ASCII),
        ("https://client.example.org/%zz", ASCII),
        ("https://client.example.org\\@evil.example/", ASCII),
        ("https://clïent.example.org/", ASCII),
        ("https://client.example.org/\n", ASCII),
        ("https://user@client.example.org/", "a redirect URI must not have a user name in it"),
        ("https:///callback", HOST),
        ("https://Client.example.org/", HOST),
        ("https://client.example.org:/", HOST),
        ("https://client.example.org:0/", HOST),
        ("https://client.example.org:99999/", "this redirect URI is no URI: look at its host and port"),
        ("https://[::1/", "this redirect URI is no URI: look at its host and port"),
        (
            "http://client.example.org/",
            "plain http is for this machine only (http://localhost): use https",
        ),
        (
            "http://localhost.evil.example/",
            "plain http is for this machine only (http://localhost): use https",
        ),
        (
            "https://client.example.org/" + "x" * 2_000,
            "a redirect URI must not be longer than 2,000 characters",
        ),
    ],
)
def test_what_cannot_be_a_redirect_uri_is_refused(shop: Workshop, uri: str, problem: str) -> None:
    """RFC 6749 section 3.1.2: absolute, no fragment; and so plain that every reader reads the same."""
    assert problem == refusal(shop, redirect_uris=[uri])


@pytest.mark.parametrize("uri", ["a.b:", "org.example.app:/cb?x=1", "https://[2001:db8::1]:8443/", OOB])
def test_an_installed_application_may_have_a_scheme_of_its_own(shop: Workshop, uri: str) -> None:
    """RFC 8252 section 7.1: named after a domain, so with a dot."""
    application, secret = register(
        shop.parts, name="App", kind="public", installed=True, redirect_uris=[uri, uri]
    )
    assert ((uri,), None) == (application.redirect_uris, secret)
    problem = refusal(shop, kind="public", installed=True, redirect_uris=["app:/cb"])
    assert problem == (
        "a redirect URI must begin with https://..., http://localhost or a scheme with a dot "
        "such as org.example.app:/"
    )


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ({"kind": "secret"}, 'an application is "confidential" or "public" (RFC 6749 section 2.1)'),
        (
            {"installed": True},
            'an installed application cannot keep a secret: register it with the kind "public"',
        ),
        ({"redirect_uris": CALLBACK}, f'redirect_uris= takes a list: ["{CALLBACK}"]'),
        (
            {"redirect_uris": [f"{CALLBACK}{number}" for number in range(21)]},
            "an application may have 20 redirect URIs at most",
        ),
        ({"kind": "public"}, "a public application needs a redirect URI: where answers to it go"),
        ({"scopes": "tag"}, 'scopes= takes a list of scopes: ["profile", "tag"]'),
        (
            {"scopes": ["tag", "secret"]},
            "scopes= names a scope that this server does not have: see its settings",
        ),
    ],
)
def test_what_cannot_be_an_application_is_refused(
    shop: Workshop, about: dict[str, Any], problem: str
) -> None:
    """One sentence that names the cure, and nothing is registered."""
    before = shop.parts.applications.all()
    assert problem == refusal(shop, **about)
    assert before == shop.parts.applications.all()


@pytest.mark.parametrize("name", ["", " alice", "alice ", "al\nice", "al\u202eice", None])
def test_a_name_is_printable_and_without_spaces_at_its_ends(shop: Workshop, name: Any) -> None:
    """It stands on the consent page, and must not turn the text around it either."""
    problem = "a name must be of printable characters, without spaces at its ends"
    assert problem == refusal(shop, name=name)
    assert problem == no_user(shop, name, "a good password")


@pytest.mark.parametrize("password", ["short", "x" * 1_025, "tab\tinside", None])
def test_a_password_can_be_typed_and_is_not_short(shop: Workshop, password: Any) -> None:
    """8 to 1,024 characters, each of which a form brings to us as it is."""
    problem = "a password must be of 8 to 1,024 printable characters"
    assert problem == no_user(shop, "dora", password)


@pytest.mark.parametrize("email", ["", "dora", "@example.org", "dora@", "do ra@example.org", "a@b@c"])
def test_an_e_mail_address_looks_like_one(shop: Workshop, email: str) -> None:
    """Nothing is sent there, so a glance is enough."""
    assert "an e-mail address must be like alice@example.org" == no_user(
        shop, "dora", "a good password", email=email
    )


def test_a_user_is_kept_with_a_hash_and_shows_no_password(shop: Workshop) -> None:
    """The name is free once."""
    user = add_user(shop.parts, "emil", "a good password", email="emil@example.org")
    assert user == shop.parts.users.find("emil")
    assert user.password_hash.startswith("scrypt:")
    assert "scrypt" not in repr(user)
    assert "there is a user of this name already: choose another" == no_user(shop, "emil", "a good password")


def refusal(shop: Workshop, **about: Any) -> str:
    """Why an application is not registered."""
    with pytest.raises(ConfigurationError) as caught:
        register(shop.parts, **({"name": "Picard"} | about))
    return str(caught.value)


def no_user(shop: Workshop, *about: Any, **more: Any) -> str:
    """Why a user is not added."""
    with pytest.raises(ConfigurationError) as caught:
        add_user(shop.parts, *about, **more)
    return str(caught.value)


def test_nobody_can_be_called_like_an_application(shop: Workshop) -> None:
    """RFC 9068 section 5: a guard would take his tokens for the application's own."""
    with pytest.raises(
        ConfigurationError, match="this is the client_id of an application: choose another name"
    ):
        add_user(shop.parts, shop.confidential.client_id, "a password")
