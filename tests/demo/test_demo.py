"""The demo: real servers, real requests, and verdicts that can turn out either way."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytest.importorskip("rich")
pytest.importorskip("trustme")

from bearerguard.demo.program import main, status_of
from bearerguard.demo.rows import Row
from bearerguard.demo.servers import STRANGER
from bearerguard.demo.stage import Stage, stage
from bearerguard.demo.story import story
from bearerguard.plain_http import is_public_address
from bearerguard.stores import TokenRecord, digest_of
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.demo.running import TIMEOUT_SECONDS, environment

PICTURE = Path(__file__).parents[2] / "docs" / "demo.svg"
A_TOKEN = re.compile(r"(?:(?:bg|as)_|eyJ)[0-9A-Za-z_-]{20,}")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One whole run of `bearerguard demo --once`, and the folder it ran in."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "bearerguard.demo", "--once", "--svg", str(folder / "demo.svg")]
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env=environment(folder)
    )
    return result, folder


def test_every_answer_is_what_it_should_be(run: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    """`demo --once` ends with 0 when no row surprises."""
    result, _ = run
    assert (0, "", "38 rows, 76 requests: none surprised.") == (
        result.returncode,
        result.stderr,
        next((line for line in result.stdout.splitlines() if "requests:" in line), result.stdout),
    )


def test_a_run_shows_no_token_and_leaves_nothing_behind(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """Tokens stand in the curl lines only, which a run that does not wait has none of."""
    result, folder = run
    picture = (folder / "demo.svg").read_text(encoding="utf-8")
    assert [] == A_TOKEN.findall(result.stdout + result.stderr + picture)
    assert ["demo.svg"] == [path.name for path in folder.iterdir()]


def test_the_table_tells_how_late_a_revocation_was_seen(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """The delay is measured from the end of the command to the first refusal, at each service."""
    result, _ = run
    assert re.search(r"\n +within 1000 ms +[0-9]{1,4} and [0-9]{1,4} ms later\n", result.stdout)


def test_the_table_has_the_latencies_of_a_cold_token_and_of_a_cached_one(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """Two rows, of which only the first asked the authorization server."""
    result, _ = run
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    at = next(index for index, line in enumerate(lines) if line.startswith("22 "))
    number = r"[0-9]+\.[0-9]"
    for sent, asked, line in (
        ("22 authorization server's token", "1 question each", at),
        ("23 the same, now cached for 2 s", "no question", at + 2),
    ):
        assert re.fullmatch(f"{sent} 200 sub=grace 200 sub=grace {number} {number} ok", lines[line])
        assert f"{asked} {asked}" == lines[line + 1]


def test_what_the_guards_logged_stands_there_once_each(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """Every guard has its own say; what several said in the same words is one line, which counts them."""
    result, _ = run
    _, _, logged = result.stdout.partition("What the guards logged meanwhile:\n")
    lines = [line.strip() for line in logged.splitlines()]
    assert len(lines) == len(set(lines))
    assert ["(2 times)"] == [line[-9:] for line in lines if line.startswith("serving stale facts of ")]


def test_the_picture_is_well_formed_and_fetches_nothing(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """A picture in a README must not make a reader's browser ask anybody for letters."""
    _, folder = run
    picture = (folder / "demo.svg").read_text(encoding="utf-8")
    assert "{http://www.w3.org/2000/svg}svg" == ET.fromstring(picture).tag  # noqa: S314 - our own
    assert [] == re.findall(r"url\((?!#)|href=|@import|@font-face", picture)


def test_the_picture_in_the_docs_shows_the_rows_of_a_run(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """All but the milliseconds; `bearerguard demo` with `--svg docs/demo.svg` draws it anew."""
    _, folder = run
    assert words_of(folder / "demo.svg") == words_of(PICTURE)


def words_of(picture: Path) -> list[str]:
    """What a picture of the table says, each number a 0; where its lines break depends on the latencies."""
    found = ET.parse(picture).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - our own
    words = (word for one in found for word in "".join(one.itertext()).split())
    return sorted(re.sub(r"[0-9.]+", "0", word) for word in words)


@pytest.fixture
def built() -> Iterator[Stage]:
    with stage() as it:
        yield it


def test_a_run_in_which_a_bad_token_passes_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verdicts are computed from what comes: if somebody issues the unknown token, its row surprises."""

    def sabotaged(built: Stage) -> Iterator[Row]:
        digest = digest_of(built.tokens.unknown)
        record = TokenRecord(digest, "mallory", scopes=frozenset({"tag"}), issued_at=0, expires_at=None)
        SqliteTokenStore(built.store_file).add(record)
        return story(built)

    monkeypatch.setattr("bearerguard.demo.program.story", sabotaged)
    assert 1 == main(once=True)
    told = capsys.readouterr().out.splitlines()
    assert "38 rows, 76 requests: 1 surprised." in told
    assert "row 8, Starlette: status: expected 401, came 200" in told


def test_a_token_in_a_servers_log_is_found_out(built: Stage) -> None:
    """The row about the query string reads what the servers have logged."""
    logging.getLogger("uvicorn.access").info("GET /ws/2/tag?access_token=%s", built.tokens.alice)
    row = next(row for row in story(built) if row.sent == "token in the query string")
    assert ["the token is in a server's log"] == row.surprises


def test_a_service_that_is_gone_is_a_surprise_and_no_traceback(built: Stage) -> None:
    """No answer is never a good one."""
    for client in (built.services[0].https, built.services[0].http):
        client.base_url = "https://127.0.0.1:1"
    rows = story(built)
    first = next(rows)
    assert ["Starlette: no answer: ConnectError"] == first.surprises
    assert "Starlette: ConnectError\nFlask: 400 invalid_request" == first.came_text


def test_a_client_that_never_begins_its_handshake_stops_nobody(built: Stage) -> None:
    """Handshakes are each connection's own business, at the threaded server too."""
    for service in built.services:
        url = httpx.URL(service.url)
        assert url.port is not None
        trusted = ssl.create_default_context(cafile=str(built.ca_file))
        with socket.create_connection((url.host, url.port)):
            assert 200 == httpx.get(url.join("/health"), verify=trusted, trust_env=False).status_code


def test_ctrl_c_before_the_rows_are_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who interrupts the requests gets the status that shells know for it, and no traceback."""

    @contextmanager
    def interrupted() -> Iterator[Stage]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("bearerguard.demo.program.stage", interrupted)
    assert 130 == main(once=True)


def test_no_rows_are_a_surprise() -> None:
    """A demo that asked nothing has shown nothing."""
    assert 1 == status_of([])


def test_the_stranger_of_the_plain_http_rows_counts_as_one() -> None:
    """RevokeIn burns a token only for a peer from the Internet; the demo's must be one."""
    assert is_public_address(STRANGER)
