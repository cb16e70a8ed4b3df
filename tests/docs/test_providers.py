"""docs/providers.md: a token or an answer of its tables, with its settings, becomes what its row says."""

from __future__ import annotations

import ast
import json
import logging
import re
from dataclasses import dataclass
from typing import Any

import pytest

from bearerguard import ClientSecretBasic, Introspection, Issuer, ResourceServer
from bearerguard.clients.discovery import well_known_urls
from tests.clients.answering import answer
from tests.clients.publishing import Publisher
from tests.docs.answers import ENDPOINT, Edge, FakeClient, said
from tests.docs.pages import DOCS, prose_of, tables_of
from tests.docs.test_links import LINK
from tests.signing import P256, RSA, key_set, sign
from tests.support import RESOURCE, START, App, Clock, bearer, server

PAGE = DOCS / "providers.md"
API = ClientSecretBasic("api", "secret")
BECOMES = re.compile(r"(passes|401)(?: `([^`]+)`)?(, without a user)?(?:, with the scope `([^`]+)`)?$")
OF_THE_SERVER = "audiences"
TOKEN = re.compile(r"`(\{[^`]*\})` `(\{[^`]*\})`$")
KEYS = {"RS256": RSA, "ES256": P256, "HS256": RSA}


@dataclass(frozen=True, slots=True)
class Quirk:
    """One row: an answer, the settings and what they make of it."""

    answer: str
    settings: dict[str, Any]
    becomes: str

    def __str__(self) -> str:
        return f"{self.answer} {self.settings}"


def quirks() -> list[Quirk]:
    rows = [row for row in tables_of(prose_of(PAGE)) if row[0].startswith("`{") and not TOKEN.match(row[0])]
    return [Quirk(answer.strip("`"), settings_of(cell), becomes) for answer, cell, becomes in rows]


def settings_of(cell: str) -> dict[str, Any]:
    pairs = [span.partition("=") for span in re.findall(r"`([^`]+)`", cell)]
    return {name: ast.literal_eval(value) for name, _, value in pairs if value}


@pytest.mark.parametrize("quirk", quirks(), ids=str)
def test_an_answer_becomes_what_its_row_says(
    quirk: Quirk, edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """The settings are those that the page recommends, or the ones that it warns of."""
    caplog.set_level(logging.INFO, "bearerguard")
    of_the_server = {name: value for name, value in quirk.settings.items() if name == OF_THE_SERVER}
    settings = {name: value for name, value in quirk.settings.items() if name != OF_THE_SERVER}
    http = FakeClient(said(json.loads(quirk.answer)))
    app = App()
    verifier = Introspection(ENDPOINT, client=API, http=http, **settings)
    reply = edge.answer(edge.guard(app, server(verifier, **of_the_server)), headers=bearer("token"))
    check(quirk.becomes, reply.status, app, caplog.text)


def check(becomes: str, status: int, app: App, log: str) -> None:
    """Compare what a row says with what came."""
    match = BECOMES.match(becomes)
    assert match, becomes
    assert {"passes": 200, "401": 401}[match[1]] == status, log
    if match[2]:
        assert f"invalid_token: {match[2]} (" in log
    if status == 200:
        assert app.authentication
        assert match[3] is None or app.authentication.user.subject is None
        assert match[4] is None or match[4] in app.authentication.scopes


@dataclass(frozen=True, slots=True)
class Signed:
    """One row: a token's header and claims, the settings and what they make of it."""

    section: str
    header: dict[str, Any]
    claims: dict[str, Any]
    settings: dict[str, Any]
    becomes: str

    @property
    def token(self) -> str:
        """The token, good for the moment."""
        claims = {"iat": START - 60, "exp": START + 60, **self.claims}
        key = KEYS[self.header["alg"]]
        return sign(claims, header={"typ": ..., **self.header}, key=key, algorithm=key.algorithm)

    def __str__(self) -> str:
        return f"{self.section}: {self.header} {self.claims} {self.settings}"


def signed() -> list[Signed]:
    found = []
    for section in re.split(r"(?m)^## ", prose_of(PAGE))[1:]:
        for row in tables_of(section):
            if match := TOKEN.match(row[0]):
                parts = json.loads(match[1]), json.loads(match[2])
                found.append(Signed(section.partition("\n")[0], *parts, settings_of(row[1]), row[2]))
    return found


@pytest.mark.parametrize("row", signed(), ids=str)
def test_a_signed_token_becomes_what_its_row_says(
    row: Signed, edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """At a guard that knows no more than the issuer's name and those settings."""
    caplog.set_level(logging.INFO, "bearerguard")
    name, keys, now = row.claims["iss"], f"{ENDPOINT}/keys", Clock()
    place = well_known_urls(name)[1]
    published = {
        place: answer({"issuer": name, "jwks_uri": keys}),
        keys: answer(key_set(RSA, P256)),
    }
    issuer = Issuer(name, http=Publisher(pages=published), now=now, monotonic=Clock())
    app = App()
    guard = ResourceServer.for_issuer(issuer, resource=RESOURCE, now=now, **row.settings)
    reply = edge.answer(edge.guard(app, guard), headers=bearer(row.token))
    check(row.becomes, reply.status, app, caplog.text)


def overview() -> list[list[str]]:
    return [row for row in tables_of(prose_of(PAGE)) if len(row) == 4][1:]


@pytest.mark.parametrize("row", overview(), ids=lambda row: row[0])
def test_a_setting_of_the_overview_is_one_that_is_taken(row: list[str]) -> None:
    """The constructors know each by that name, with a value of that type."""
    settings = settings_of(row[3])
    server(audiences=settings.pop(OF_THE_SERVER, None))
    Introspection(ENDPOINT, client=API, http=FakeClient(said({})), **settings)


def overview_of_signed() -> list[list[str]]:
    section = prose_of(PAGE).split("## Signed tokens\n")[1].split("\n## ")[0]
    return [row for row in tables_of(section) if len(row) == 3][1:]


@pytest.mark.parametrize("row", overview_of_signed(), ids=lambda row: row[0])
def test_the_settings_for_signed_tokens_are_those_of_a_row_that_passes(row: list[str]) -> None:
    """But for the names that are the reader's own; django-oauth-toolkit signs no access tokens."""
    anchor = LINK.findall(row[0])[0].partition("#")[2]
    passing = [one for one in signed() if slug_of(one.section) == anchor and one.becomes.startswith("passes")]
    if "signs no access tokens" in row[2]:
        assert [] == passing
        return
    wanted = settings_of(row[2])
    assert any(set(one.settings) == set(wanted) and looks_like(one.settings, wanted) for one in passing)
    issuers = set(re.findall(r"`(https[^`]+)`", row[1]))
    assert {one.claims["iss"] for one in passing} >= issuers


def looks_like(settings: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether two sets of settings say the same, apart from names in capitals."""
    same = {
        name: value
        for name, value in wanted.items()
        if not re.search(r"[A-Z]{3}", repr(value)) or name == "typ"
    }
    return all(settings[name] == value for name, value in same.items())


def test_every_section_is_in_an_overview() -> None:
    """And no server is in one without it."""
    rows = [*overview(), *overview_of_signed()]
    linked = {link.partition("#")[2] for row in rows for link in LINK.findall(row[0])}
    sections = {slug_of(one) for one in re.findall(r"(?m)^## (.+)$", prose_of(PAGE))}
    assert sections - {"signed-tokens", "introspection"} == linked


def slug_of(heading: str) -> str:
    return heading.lower().replace(" ", "-")
