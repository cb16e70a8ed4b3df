"""Tokens with good signatures of our issuer, that are no access tokens for us now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.signing import ISSUER, access_claims, claiming, sign
from tests.support import RESOURCE, START

YEAR = 365 * 86_400

# Another token than an access token for us.


def issuers() -> Iterator[str]:
    for iss in (
        f"{ISSUER}/",
        ISSUER.upper(),
        "https://AS.example.org",
        "https://as.example.org:443",
        "http://as.example.org",
        "https://as.example.org.evil.example.org",
        "https://\u0430s.example.org",
        f"{ISSUER} ",
        f"{ISSUER}\x00",
        "https://other.example.org",
        [ISSUER],
        {ISSUER: ISSUER},
        None,
        True,
        ...,
    ):
        yield claiming(iss=iss)


def assertions() -> Iterator[str]:
    """What clients sign to say who they are (RFC 7523 section 3)."""
    yield claiming(iss="app", sub="app", aud=f"{ISSUER}/token")
    yield claiming(iss="app", sub="app", aud=RESOURCE)


def audiences() -> Iterator[str]:
    for aud in (
        f"{RESOURCE}/",
        RESOURCE[:-1],
        f"{RESOURCE}.evil.example.org",
        RESOURCE.upper(),
        f"{RESOURCE} https://other.example.org",
        "https://other.example.org",
        "",
        ["https://other.example.org", f"{RESOURCE}/"],
        "*",
    ):
        yield claiming(aud=aud)


def odd_audiences() -> Iterator[str]:
    for aud in (5, True, None, {RESOURCE: 1}, [RESOURCE, 5], [RESOURCE, None], [[RESOURCE]]):
        yield claiming(aud=aud)


def no_audiences() -> Iterator[str]:
    yield claiming(aud=[])
    yield claiming(aud=...)


def other_types() -> Iterator[str]:
    for typ in (
        "JWT",
        "jwt",
        "",
        "at",
        "at+jwt ",
        "xat+jwt",
        "text/at+jwt",
        "application/application/at+jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "client-authentication+jwt",
        "JOSE",
        ...,
    ):
        yield sign(header={"typ": typ})


def id_token(**changes: Any) -> str:
    """An ID token of our issuer, for a client that is called like the API (OpenID Connect Core section 2)."""
    usual = {"jti": ..., "client_id": ..., "scope": ..., "azp": RESOURCE, "auth_time": int(START) - 60}
    return sign(access_claims(**{**usual, **changes}), header={"typ": "JWT"})


def id_tokens() -> Iterator[str]:
    yield id_token()
    yield id_token(azp=...)
    yield id_token(azp="another client")
    yield id_token(nonce="n")
    yield id_token(at_hash="h", client_id="app")
    yield id_token(c_hash="h", scope="openid")
    yield id_token(typ="ID", client_id="app")
    yield id_token(typ="Refresh", scope="openid offline_access")
    yield id_token(token_use="id", client_id="app")
    yield id_token(token_type="refresh", client_id="app")


def answers() -> Iterator[str]:
    """What an authorization endpoint hands over, signed (JARM section 2.1)."""
    for name in ("access_token", "id_token", "refresh_token", "code", "state"):
        yield id_token(**{name: "x", "sub": ..., "token_type": "bearer", "scope": "tag", "client_id": "app"})


def nobody() -> Iterator[str]:
    yield id_token(sub=..., azp=..., scope="tag")


def unnamed() -> Iterator[str]:
    yield claiming()
    yield claiming(email="app")


def events() -> Iterator[str]:
    """Logout tokens and security event tokens (OpenID Connect Back-Channel Logout, RFC 8417)."""
    uris = ("http://schemas.openid.net/event/backchannel-logout", "urn:ietf:params:scim:event:create")
    for uri in uris:
        yield id_token(events={uri: {}}, jti="x", client_id="app", scope="openid")
    yield id_token(events=[], client_id="app")


PLAIN = {"typ": ("JWT",)}
BY_EMAIL = {"subject_from": "email"}


# A time that is none, or is not now.


def odd() -> Iterator[str]:
    numbers = (
        str(int(START) + 3600),
        True,
        None,
        [int(START) + 3600],
        {"x": 1},
        -1,
        (int(START) + 3600) * 1000**2,
    )
    for name in ("exp", "iat", "nbf"):
        for value in numbers:
            yield claiming(**{name: value})
    for name in ("sub", "client_id", "jti"):
        for value in (5, True, None, "", ["x"], {"x": 1}):
            yield claiming(**{name: value})
    for cnf in ("x", None, [], 5):
        yield claiming(cnf=cnf)


def expired() -> Iterator[str]:
    for seconds in (300, 3600, int(START) - 1):
        yield claiming(iat=0, exp=int(START) - seconds)
    yield claiming(iat=0, exp=0)


def just_expired() -> Iterator[str]:
    for seconds in (0, 1, 299):
        yield claiming(exp=int(START) - seconds)
    yield claiming(exp=START)


def endless() -> Iterator[str]:
    yield claiming(exp=...)


def of_tomorrow() -> Iterator[str]:
    for seconds in (301, YEAR):
        yield claiming(iat=int(START) + seconds)


def not_yet() -> Iterator[str]:
    for seconds in (301, YEAR):
        yield claiming(nbf=int(START) + seconds)


def incomplete() -> Iterator[str]:
    for name in ("sub", "client_id", "jti"):
        yield claiming(**{name: ...})
    yield claiming(client_id=..., azp="app", cid="app", appid="app")


def bound() -> Iterator[str]:
    for cnf in ({"jkt": "x"}, {"x5t#S256": "x"}, {}):
        yield claiming(cnf=cnf)
