"""docs/jwt.md: its tables are what happens, and its files do what the page says."""

from __future__ import annotations

import importlib
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bearerguard import AccessToken, Cached, FirstMatch, FromFunction, JwtVerifier, RevokedTokens
from bearerguard.breaker import Unreachable
from bearerguard.keys.static import StaticKeys
from bearerguard.verifiers._claims import ODD_SCOPES
from tests.docs.pages import DOCS, prose_of, tables_of
from tests.docs.test_pages import write_files
from tests.signing import ISSUER, RSA, access_claims, claiming, encode, key_set, sign
from tests.support import RESOURCE, START, App, Clock, WsgiEdge, bearer, server
from tests.verifiers.jwt_attacks import ATTACKS
from tests.verifiers.jwt_attacks_forms import encrypted
from tests.verifiers.verifying import NAME, PASSED, Api, Edge, refused

PAGE = DOCS / "jwt.md"
DOWN = Unreachable("no answer within 2 seconds")


def rows_of(heading: str) -> list[list[str]]:
    """The rows of the tables under a heading, without their own."""
    section = prose_of(PAGE).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return tables_of(section)[1:]


def test_the_table_of_attacks_is_the_one_that_is_run() -> None:
    """See tests/verifiers/test_jwt_attacks.py, where each row is sent."""
    expected = [
        [one.name, "400" if one.refusal else f"401 `{one.reason}`", "yes" if one.asks else "no"]
        for one in ATTACKS
    ]
    assert expected == rows_of("Attacks")


SETTINGS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "wrong issuer": (claiming(iss="https://as.example.org/"), {"issuer": "https://as.example.org/"}, {}),
    "not an access token": (sign(header={"typ": "JWT"}), {"typ": ("JWT",)}, {}),
    "wrong audience": (claiming(aud="api"), {}, {"audiences": ["api"]}),
    "403": (claiming(scope=["tag"]), {"scopes_from": "scope"}, {}),
}


def test_a_reason_for_every_token_is_a_setting() -> None:
    """Each of its rows: without the setting that it names it is so, and with it the token passes."""
    rows = [row for row in rows_of("Whose a token is") if len(row) == 2][1:]
    assert list(SETTINGS) == [row[0].split(",")[0].strip("`") for row in rows]
    for reason, (text, verifying, guarding) in SETTINGS.items():
        without, _ = asked(text, {}, {})
        assert ([] if reason == "403" else [f"invalid_token: {reason}"]) == without
        assert [{"tag", "rating"}, {"tag"}][reason == "403"] == asked(text, verifying, guarding)[1].scopes


@pytest.mark.parametrize(("subject", "client_id", "user"), [("app", "app", None), ("alice", "app", "alice")])
def test_an_application_is_no_user(subject: str, client_id: str, user: str | None) -> None:
    """And what the token says is what it says."""
    _, authentication = asked(claiming(sub=subject, client_id=client_id), {}, {})
    assert (subject, user) == (authentication.subject, authentication.user.subject)


def asked(text: str, verifying: dict[str, Any], guarding: dict[str, Any]) -> tuple[list[str | None], Any]:
    """The reasons of refusals, and what a request ends up with."""
    heard: list[Any] = []
    app = App()
    verifier = JwtVerifier(
        **{"issuer": ISSUER, "keys": StaticKeys(key_set(RSA)), "now": Clock(), **verifying}
    )
    guard = server(verifier, now=Clock(), on_decision=heard.append, **guarding)
    WsgiEdge().answer(WsgiEdge().guard(app, guard), headers=bearer(text))
    return [one.reason for one in heard if one.reason], app.authentication if app.seen else None


TOKENS = {
    "names our issuer, and all of it fits": sign(),
    "names our issuer, and anything does not fit": claiming(exp=START),
    "names our issuer, and the keys are not to be had": sign(),
    "names another issuer, or none": claiming(iss="https://other.example.org"),
    "is encrypted (JWE), so that nobody can read whose it is": next(encrypted()),
    "looks like a JWT, and its claims cannot be read": f"{sign().partition('.')[0]}.{encode(b'{')}.x",
    "is none": "opaque",
}


def carol(_: str) -> AccessToken:
    """Somebody who calls every token good."""
    return AccessToken(subject="carol")


def test_whose_a_token_is(edge: Edge) -> None:
    """Each row: what becomes of it alone, and whether the next in a list is asked."""
    rows = [row for row in rows_of("Whose a token is") if len(row) == 4]
    assert list(TOKENS) == [row[0] for row in rows]
    for token, _, alone, listed in rows:
        api = Api(edge)
        if "not to be had" in token:
            api.http.says(DOWN)
        expected = PASSED if alone == "passes" else None
        if match := re.match(r"401 `([^`]+)`", alone):
            expected = refused(match[1])
        outcome = api.outcome(TOKENS[token])
        assert (expected or (503, outcome[1])) == outcome
        beside = Api(edge, around=lambda jwt: FirstMatch([jwt, FromFunction(carol)]))
        if "not to be had" in token:
            beside.http.says(DOWN)
        asked = beside.ask(TOKENS[token]).status == 200 and beside.facts.subject == "carol"
        assert asked == ("the next is asked" in listed)


def plain(**claims: Any) -> str:
    least = {"iss": access_claims()["iss"], "aud": RESOURCE, "exp": START + 60, "sub": "u"}
    return sign({**least, **claims}, header={"typ": "JWT"})


LOOKS: dict[str, list[dict[str, Any]]] = {
    "`at_hash`, `c_hash`, `s_hash` or `events`": [
        {name: "x", "scope": "tag"} for name in ("at_hash", "c_hash", "s_hash", "events")
    ],
    "`access_token`, `id_token`, `refresh_token`, `code` or `state`": [
        {name: "x", "scope": "tag"} for name in ("access_token", "id_token", "refresh_token", "code", "state")
    ],
    "a claim `typ` other than": [{"typ": kind, "scope": ""} for kind in ("ID", "Refresh", "Offline", "x")],
    "`token_use` other than": [{"token_use": kind, "scope": ""} for kind in ("id", "refresh")],
    "`token_type` other than": [{"token_type": kind, "scope": ""} for kind in ("refresh", "x")],
    "one of these three that says": [
        *({"typ": kind} for kind in ("Bearer", "DPoP", "at+jwt")),
        *({"token_use": kind} for kind in ("access", "access_token")),
        *({"token_type": kind} for kind in ("Bearer", "DPoP", "access", "access_token")),
        {"typ": "Bearer", "nonce": "n"},
    ],
    "`nonce`, and none that says so": [{"nonce": "n"}, {"nonce": "n", "scope": "openid", "typ": "JWT"}],
    "`scope`, `scp`, `permissions`": [
        {name: "x"} for name in ("scope", "scp", "permissions", "client_id", "cid", "appid")
    ],
    "nothing of all that": [
        {},
        {"azp": "app"},
        {"azp": RESOURCE, "auth_time": 1, "acr": "1", "sid": "s"},
        {"typ": "JWT"},
    ],
}


def test_how_plain_jwts_are_told_apart(edge: Edge) -> None:
    """Each row, with tokens that have what it says."""
    rows = rows_of("Plain JWTs")
    assert len(LOOKS) == len(rows)
    api = Api(edge, typ=("JWT",))
    for (has, becomes), (start, claims) in zip(rows, LOOKS.items(), strict=True):
        assert has.startswith(start)
        expected = refused("not an access token") if becomes == "refused" else PASSED
        assert [expected] * len(claims) == [api.outcome(plain(**one)) for one in claims]


def test_the_line_about_scopes_is_the_log_s() -> None:
    """Word for word, but for the line break."""
    assert ODD_SCOPES % NAME in " ".join(prose_of(PAGE).split())


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The page's file about revocations, in this process."""
    write_files(PAGE, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("revocable")
    yield module
    module.store.close()
    del sys.modules[module.__name__]


@pytest.mark.parametrize("shape", ["inside", "around"])
def test_the_functions_of_the_page_revoke(page: ModuleType, shape: str) -> None:
    """Both, in both places where it may stand."""
    jwts = JwtVerifier(issuer=page.ISSUER, keys=StaticKeys(key_set(RSA)))
    revoked = (
        Cached(RevokedTokens(jwts, page.store))
        if shape == "inside"
        else RevokedTokens(Cached(jwts), page.store)
    )
    guarded = WsgiEdge().guard(App(), server(revoked, now=time.time))
    now = time.time()

    def status(**claims: Any) -> int:
        token = sign(access_claims(iat=now - 60, exp=now + 600, **claims))
        return WsgiEdge().answer(guarded, headers=bearer(token)).status

    before = [status(jti="one"), status(jti="two"), status(sub="bob")]
    page.revoke_jti("one", now + 600)
    after = [status(jti="one"), status(jti="two"), status(sub="bob", jti="three")]
    page.log_out_everywhere("alice")
    last = [status(jti="two"), status(sub="bob", jti="three")]
    assert ([200] * 3, [401, 200, 200], [401, 200]) == (before, after, last)
