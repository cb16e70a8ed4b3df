"""docs/providers.md: an answer of its tables, with the settings beside it, becomes what it says."""

from __future__ import annotations

import ast
import json
import logging
import re
from dataclasses import dataclass
from typing import Any

import pytest

from bearerguard import ClientSecretBasic, Introspection
from tests.docs.answers import ENDPOINT, Edge, FakeClient, said
from tests.docs.pages import DOCS, prose_of, tables_of
from tests.docs.test_links import LINK
from tests.support import App, bearer, server

PAGE = DOCS / "providers.md"
API = ClientSecretBasic("api", "secret")
BECOMES = re.compile(r"(passes|401)(?: `([^`]+)`)?(, without a user)?$")
OF_THE_SERVER = "audiences"


@dataclass(frozen=True, slots=True)
class Quirk:
    """One row: an answer, the settings and what they make of it."""

    answer: str
    settings: dict[str, Any]
    becomes: str

    def __str__(self) -> str:
        return f"{self.answer} {self.settings}"


def quirks() -> list[Quirk]:
    rows = [row for row in tables_of(prose_of(PAGE)) if row[0].startswith("`{")]
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
    match = BECOMES.match(quirk.becomes)
    assert match, quirk.becomes
    assert {"passes": 200, "401": 401}[match[1]] == reply.status
    if match[2]:
        assert f"invalid_token: {match[2]} (" in caplog.text
    if reply.status == 200:
        assert app.authentication
        assert match[3] is None or app.authentication.user.subject is None


def overview() -> list[list[str]]:
    return [row for row in tables_of(prose_of(PAGE)) if len(row) == 4][1:]


@pytest.mark.parametrize("row", overview(), ids=lambda row: row[0])
def test_a_setting_of_the_overview_is_one_that_is_taken(row: list[str]) -> None:
    """The constructors know each by that name, with a value of that type."""
    settings = settings_of(row[3])
    server(audiences=settings.pop(OF_THE_SERVER, None))
    Introspection(ENDPOINT, client=API, http=FakeClient(said({})), **settings)


def test_every_section_is_in_the_overview() -> None:
    """And no server is in it without one."""
    linked = {link.partition("#")[2] for row in overview() for link in LINK.findall(row[0])}
    sections = re.findall(r"(?m)^## (.+)$", prose_of(PAGE))
    assert {section.lower().replace(" ", "-") for section in sections} == linked
