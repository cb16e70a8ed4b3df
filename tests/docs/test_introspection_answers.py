"""docs/introspection.md: its table of answers is what becomes of each, at both edges."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from bearerguard.clients import HttpResponse
from tests.docs.answers import ACTIVE, JSON, Bench, Edge, FakeClient, Row, became, members_of, rows_of, said
from tests.docs.pages import DOCS

ROWS = rows_of(DOCS / "introspection.md", "What each answer becomes")

# What the row of texts that make no sense names, in its order, and what the log says of each.
TEXTS = (
    (b'{"active": true, "active": true}', "a member's name is repeated"),
    (b'{"active": true, "x": NaN}', "NaN and infinities are not JSON"),
    (b'{"active": true, "x": 1e400}', "a number is out of bounds"),
    (b'{"active": true, "x": 18446744073709551616}', "a number is out of bounds"),
    (b'{"active": true, "x": %s}' % (b"[" * 16 + b"]" * 16), "nested too deeply"),
    (b'{"active": true, "x": "\\ud800"}', "a text holds half a character"),
    (b'{"active": true, "x": "\xff"}', "not UTF-8"),
    (b"[]", "not a JSON object"),
    (b"<html>", "not JSON"),
    (b"", "not JSON"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One answer that a row names, and what the log has to say of it."""

    row: Row
    response: HttpResponse
    log: str

    def __str__(self) -> str:
        return f"{self.response.status} {self.response.content.decode('latin-1')[:60]}"


def cases_of(row: Row) -> list[Case]:
    """Give the cases of a row that is about an answer; of one about the network there are none."""
    if row.answer.startswith("one member twice; "):
        assert len(TEXTS) == row.answer.count(";") + 1
        start = row.log_text.partition(": ")[0]
        return [
            Case(row, HttpResponse(status=200, fields=JSON, content=text), f"{start}: {log}")
            for text, log in TEXTS
        ]
    named = list(answers_of(row))
    return [Case(row, response, row.log_text.replace(named[0][0], name)) for name, response in named]


def answers_of(row: Row) -> list[tuple[str, HttpResponse]]:
    """Give the answers that a row names, each with the word that tells its line in the log from others."""
    if row.answer == "an active token, for us":
        return [("", said(ACTIVE))]
    if row.answer.startswith("status "):
        return [(one, said(ACTIVE, int(one))) for one in re.findall(r"\b\d{3}\b", row.answer)]
    if row.answer.startswith("`Content-Type"):
        kinds = [{"content-type": kind} for kind in re.findall(r"`Content-Type: ([^`]+)`", row.answer)]
        return [("", said(ACTIVE, fields=one)) for one in kinds + [{}] * ("or none" in row.answer)]
    return list(members_of(row))


CASES = [case for row in ROWS for case in cases_of(row)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_answer_becomes_what_its_row_says(
    case: Case, edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """Status, reason, how long it is kept, whether it counts, and the line in the log."""
    http = FakeClient(case.response)
    bench = Bench(edge, http, **case.row.settings)
    assert case.row.expected(case.log) == became(bench, http.asked, caplog)


@pytest.mark.parametrize("case", [case for case in CASES if case.row.becomes.startswith("passes")], ids=str)
def test_a_token_that_passes_has_the_user_and_the_scopes_of_its_row(case: Case, edge: Edge) -> None:
    """A row that names neither has those that the answer names."""
    becomes = case.row.becomes
    scopes = {"tag", "rating"} if "with these scopes" in becomes else {"base"}
    bench = Bench(edge, FakeClient(case.response), **case.row.settings)
    bench.ask()
    found = bench.app.authentication
    assert found is not None
    assert (None if "without a user" in becomes else "alice") == found.user.subject
    assert (frozenset() if "without scopes" in becomes else scopes) == found.scopes


def test_only_the_rows_about_the_network_have_no_cases() -> None:
    """No row is on the page without being run; see test_introspection_network.py."""
    without = [row.answer for row in ROWS if not cases_of(row)]
    assert without == [row.answer for row in ROWS][-len(without) :]
    assert len(CASES) > 2 * len(without)
