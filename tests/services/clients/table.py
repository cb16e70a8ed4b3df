"""The table of clients: service by service, who asks, and what both edges answer."""

from __future__ import annotations

from tests.services.clients import (
    with_authlib,
    with_chromium,
    with_curl,
    with_musicbrainzngs,
    with_requests_oauthlib,
    with_spotipy,
)
from tests.services.clients.rows import Client, Row
from tests.services.clients.services import ACCOUNTS, MUSICBRAINZ, SPOTIFY

CURL = Client("curl", programs=("curl",))
REQUESTS_OAUTHLIB = Client("requests-oauthlib", ("requests", "requests_oauthlib"))
AUTHLIB = Client("Authlib on requests", ("requests", "authlib"))
AUTHLIB_HTTPX = Client("Authlib on httpx", ("httpx", "authlib"))
CHROMIUM = Client("Chromium", ("requests", "authlib", "selenium"), ("chromium", "chromedriver"))
SPOTIPY = Client("spotipy", ("requests", "spotipy"))
MUSICBRAINZNGS = Client("musicbrainzngs", ("musicbrainzngs",))

HEADER, FORM, QUERY, DIGEST = "header", "form", "query", "Digest"
ISSUED = "issued"
PASSWORD = "none: a password"
CREDENTIALS = "client credentials"
CODE, CODE_PKCE, IMPLICIT = "code", "code with PKCE", "implicit"
BY_HAND = "code with PKCE, agreed to on the page"


def _usual(service: str, user: str, application: str, revoked: str) -> list[Row]:
    """What every service is asked; what a user, an application and a revoked token get."""
    refreshed = f"{user}; refreshed: {user}"
    whole = f"{refreshed}; revoked: {revoked}"
    by_code, by_credentials = with_authlib.by_code, with_authlib.by_client_credentials
    oauthlib = with_requests_oauthlib
    return [
        Row(service, CURL, ISSUED, HEADER, with_curl.given("header"), user),
        Row(service, CURL, CREDENTIALS, HEADER, with_curl.by_client_credentials, application),
        Row(service, REQUESTS_OAUTHLIB, CODE_PKCE, HEADER, oauthlib.by_code, refreshed),
        Row(service, REQUESTS_OAUTHLIB, CREDENTIALS, HEADER, oauthlib.by_client_credentials, application),
        Row(service, AUTHLIB, CODE_PKCE, HEADER, by_code(), whole),
        Row(service, AUTHLIB, CREDENTIALS, HEADER, by_credentials(), application),
        Row(service, AUTHLIB_HTTPX, CODE_PKCE, HEADER, by_code(on_httpx=True), whole),
        Row(service, AUTHLIB_HTTPX, CREDENTIALS, HEADER, by_credentials(on_httpx=True), application),
        Row(service, CHROMIUM, BY_HAND, HEADER, with_chromium.by_hand, user),
    ]


BOB = "200 bob"
USER_NEEDED = "403 This belongs to a user"
ROWS = [
    *_usual(MUSICBRAINZ, BOB, "403 users_only", "401 invalid_token"),
    Row(MUSICBRAINZ, CURL, ISSUED, FORM, with_curl.given("form"), BOB),
    Row(MUSICBRAINZ, CURL, ISSUED, QUERY, with_curl.given("query"), BOB),
    Row(MUSICBRAINZ, CURL, PASSWORD, DIGEST, with_curl.digest, BOB),
    Row(
        MUSICBRAINZ,
        MUSICBRAINZNGS,
        PASSWORD,
        DIGEST,
        with_musicbrainzngs.digest,
        f"{BOB}; wrong password: 401 AuthenticationError",
    ),
    *_usual(ACCOUNTS, "200 user bob", "201 application, 200 application", "401 invalid_token"),
    *_usual(SPOTIFY, BOB, f"200 Erik Satie, {USER_NEEDED}", "401 The access token is not valid"),
    Row(SPOTIFY, SPOTIPY, CODE, HEADER, with_spotipy.by_code, f"{BOB}; refreshed: {BOB}"),
    Row(SPOTIFY, SPOTIPY, CODE_PKCE, HEADER, with_spotipy.by_code_with_pkce, f"{BOB}; refreshed: {BOB}"),
    Row(
        SPOTIFY,
        SPOTIPY,
        CREDENTIALS,
        HEADER,
        with_spotipy.by_client_credentials,
        f"200 Erik Satie, {USER_NEEDED}",
    ),
    Row(SPOTIFY, SPOTIPY, IMPLICIT, HEADER, with_spotipy.by_implicit_grant, BOB),
]
