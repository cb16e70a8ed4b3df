"""Every client gets from every service, on both edges, what the table and docs/services.md say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.docs.pages import DOCS
from tests.services import __main__ as command
from tests.services.clients.parities import COUNTS, Compared, compare
from tests.services.clients.playing import missing_for, play
from tests.services.clients.report import (
    as_expected,
    clients_table,
    counts_table,
    missing,
    wrong_answers,
)
from tests.services.clients.rows import Client
from tests.services.clients.services import SERVICES
from tests.services.clients.stage import Stage, set_up
from tests.services.clients.table import ROWS

PAGE = DOCS / "services.md"
ANY = replace(ROWS[0], client=Client("anybody"))
UNKNOWN = replace(ANY, client=Client("nobody", programs=("no-such-program",)))
NOTHING = missing("no-such-program is not installed")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with set_up() as stage:
        yield stage


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_client_gets_the_same_from_both_edges(stage: Stage, row: command.Row) -> None:
    """The token is got as documented and sent over verified TLS; each cell is what the row expects."""
    if (reason := missing_for(row.client)) is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    assert as_expected(row) == play(row, stage)


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_own_requests_get_the_same_from_both_edges(stage: Stage, service: str) -> None:
    """Status, header fields and body alike; status and challenges as its own table has them."""
    compared = compare(service, stage)
    assert ([], COUNTS[service]) == (wrong_answers({service: compared}), len(compared))


def test_the_page_shows_both_tables() -> None:
    """What `python -m tests.services` prints where every client is there."""
    page = PAGE.read_text(encoding="utf-8")
    assert clients_table(ROWS, map(as_expected, ROWS)) in page
    assert counts_table({service: [COUNTS[service]] * 4 for service in SERVICES}) in page


def test_the_command_fails_over_one_wrong_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """And names it."""
    assert 1 == command.ending([ANY], [{**as_expected(ANY), "wsgi": "200 alice"}])
    expected = f"\n{ANY.name}: expected '200 bob', got {{'asgi': '200 bob', 'wsgi': '200 alice'}}\n"
    assert expected == capsys.readouterr().out


def test_the_command_fails_over_one_wrong_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Also one that is as expected on one edge only, or differs in its body alone."""
    right, other = (200, ()), (403, ("Bearer",))
    same = {"asgi": "body", "wsgi": "body"}
    wrong = wrong_answers(
        {
            "Any": [
                Compared("GET /good", right, {"asgi": right, "wsgi": right}, same),
                Compared("GET /status", right, {"asgi": right, "wsgi": other}, same),
                Compared("GET /body", right, {"asgi": right, "wsgi": right}, {**same, "wsgi": "another"}),
            ]
        }
    )
    assert ["Any: GET /status", "Any: GET /body"] == [line.rpartition(": expected")[0] for line in wrong]
    assert 1 == command.ending([], [], wrong)
    assert ["", *wrong] == capsys.readouterr().out.splitlines()


def test_the_command_is_content_when_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """Its last line says so."""
    assert 0 == command.ending([ANY], [as_expected(ANY)])
    assert "\nEverything is as expected.\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("ci", "status", "last"),
    [
        ("", 0, "Everything is as expected, but for 1 rows that were left out."),
        ("true", 1, f"{UNKNOWN.name}: expected '200 bob', got {dict(NOTHING)}"),
    ],
)
def test_a_client_that_is_missing_is_wrong_only_where_all_have_to_run(
    ci: str, status: int, last: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its cells say why it was left out."""
    monkeypatch.setenv("CI", ci)
    assert status == command.ending([UNKNOWN], [NOTHING])
    assert last == capsys.readouterr().out.splitlines()[-1]


def test_a_missing_program_or_package_is_named() -> None:
    """That is the reason for which a row is skipped."""
    assert "no-such-program is not installed" == missing_for(UNKNOWN.client)
    assert "the package no_such_package is not installed" == missing_for(Client("x", ("no_such_package",)))
