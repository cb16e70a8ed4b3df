"""Importing tokens that exist already: all of a file or nothing."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bearerguard.cli import main
from bearerguard.stores import TokenRecord
from bearerguard.stores.sqlite import SqliteTokenStore

ROOT = Path(__file__).parents[2]
Import = Callable[..., Result]
HEX = "ab" * 32
HEADER = "token,sha256,user,client,scopes,expires,label\n"


@pytest.fixture
def run(tmp_path: Path) -> Import:
    def run(content: str | bytes, name: str = "tokens.csv", *arguments: str) -> Result:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        store = str(tmp_path / "tokens.db")
        result = CliRunner().invoke(main, ["token", "import", str(file), "--store", store, *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def kept(tmp_path: Path) -> dict[bytes, TokenRecord]:
    return {record.digest: record for record in SqliteTokenStore(tmp_path / "tokens.db").records()}


def digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def test_csv_with_all_columns(run: Import, tmp_path: Path) -> None:
    """Tokens of any form or their SHA-256; expiry as Unix seconds, ISO 8601 or never."""
    result = run(
        "\ufeff" + HEADER + "old-token-1,,alice,app,tag rating,2000000000,laptop\r\n"
        f',{HEX},"Zoë, B.",,,2030-01-02T03:04:05+01:00,\n'
        "\n"
        "old=token/3==,,,app,,2030-01-02,\n"
        "4,,bob,,tag,,\n"
    )
    assert (0, "Imported 4 tokens.\n", "") == (result.exit_code, result.stdout, result.stderr)
    records = kept(tmp_path)
    first = records[digest("old-token-1")]
    assert ("alice", "app", {"tag", "rating"}) == (first.subject, first.client_id, first.scopes)
    assert (2_000_000_000.0, "laptop") == (first.expires_at, first.label)
    second = records[bytes.fromhex(HEX)]
    assert ("Zoë, B.", None, 1_893_549_845.0) == (second.subject, second.client_id, second.expires_at)
    assert 1_893_542_400.0 == records[digest("old=token/3==")].expires_at
    assert records[digest("4")].expires_at is None


def test_csv_columns_may_be_few_and_in_any_order(run: Import, tmp_path: Path) -> None:
    """What is not there is empty."""
    assert "Imported 1 token.\n" == run("Client, SHA256\napp," + HEX + "\n").stdout
    assert "app" == kept(tmp_path)[bytes.fromhex(HEX)].client_id


def test_json_lines(run: Import, tmp_path: Path) -> None:
    """Scopes as a list or as text, expiry as a number or as text; null is none."""
    lines = [
        {"token": "1", "user": "alice", "scopes": ["tag", "rating"], "expires": 2_000_000_000},
        {
            "token": "2",
            "user": "bob",
            "scopes": "tag rating",
            "expires": "2030-01-02T00:00:00Z",
            "label": None,
        },
        {"sha256": HEX, "client": "app"},
    ]
    text = "\n\n".join(map(json.dumps, lines))
    assert {"imported": 3} == json.loads(run(text, "tokens.jsonl", "--json").stdout)
    records = kept(tmp_path)
    assert records[digest("1")].scopes == records[digest("2")].scopes == {"tag", "rating"}
    assert [2e9, 1_893_542_400.0] == [records[digest(token)].expires_at for token in ("1", "2")]
    assert records[bytes.fromhex(HEX)].expires_at is None


def test_the_format_is_told_by_the_name_or_by_an_option(run: Import) -> None:
    """And asked for where neither tells."""
    result = run("", "tokens.txt")
    assert (2, True) == (
        result.exit_code,
        "the name ends in neither .csv nor .jsonl: say --format" in result.stderr,
    )
    assert 0 == run('{"token": "1", "user": "a"}', "tokens.txt", "--format", "jsonl").exit_code
    assert 0 == run('{"token": "2", "user": "a"}', "tokens.NDJSON").exit_code


NAMES = "token or sha256, user, client, scopes, expires, label"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("secret,,,,,,", "it names neither a user nor a client"),
        (",,alice,,,,", "it cannot be imported: give the token or its sha256, one of the two"),
        (f"secret,{HEX},alice,,,,", "it cannot be imported: give the token or its sha256, one of the two"),
        ("sec ret,,alice,,,,", "it cannot be imported: the token has characters that no request can carry"),
        (",secret,alice,,,,", "it cannot be imported: sha256 must be 64 hexadecimal digits"),
        ("secret,,alice,,a  b,,", "it cannot be imported: not a list of scopes separated by single spaces"),
        ("secret,,alice,,,soon,", "it cannot be imported: expires must be Unix seconds or ISO 8601"),
        ("secret,,alice,,,nan,", "it cannot be imported: instants must be Unix seconds (not milliseconds)"),
        ("secret,,alice,,,1700000000000,", "it cannot be imported: instants must be Unix seconds"),
        ("secret,,alice", "it has 3 values, the header 7"),
        ('"secret"x,,alice,,,,', "it is not CSV ("),
        ("again,,alice,,,,", "the token is on an earlier line too"),
        ("known,,alice,,,,", "the token is in the store already"),
        (b"secret,,\xff,,,,", "it cannot be imported: subject, client_id and label must be Unicode text"),
    ],
)
def test_a_bad_line_of_csv_is_named_and_nothing_is_imported(
    run: Import, tmp_path: Path, row: str | bytes, why: str
) -> None:
    """By its number; what it says is not repeated, since it may be a token."""
    run(HEADER + "known,,alice,,,,\n")
    row = row if isinstance(row, bytes) else row.encode()
    result = run(HEADER.encode() + b"again,,alice,,,,\n\n" + row + b"\nlater,,bob,,,,\n")
    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith(f"Error: line 4: {why}")
    assert result.stderr.endswith(". Nothing was imported.\n")
    assert "secret" not in result.output
    assert {digest("known")} == kept(tmp_path).keys()


@pytest.mark.parametrize(
    "header", ["", "secret,alice,app", "user,client", "token,token,user", "token,user,secret"]
)
def test_a_file_without_a_header_is_named_without_its_first_line(
    run: Import, tmp_path: Path, header: str
) -> None:
    """It may be a token."""
    result = run(header + "\nx,y,z\n" if header else "")
    line = 1 if header else 0
    assert f"Error: line {line}: it must name the columns: {NAMES}. Nothing was imported.\n" == result.stderr
    assert {} == kept(tmp_path)


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("token,user,scope\nx,y,z\n", "tokens.csv", "column"),
        ('{"token": "x", "user": "a", "scope": "tag"}\n', "tokens.jsonl", "member"),
    ],
)
def test_a_name_that_others_use_is_called_unknown(run: Import, text: str, name: str, kind: str) -> None:
    """It is one of a fixed list, so it cannot be a token."""
    assert f"{NAMES} (no {kind} is called 'scope'). Nothing was imported.\n" in run(text, name).stderr


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"token": "secret"', "it is not JSON"),
        ('["secret"]', f"it must be a JSON object with these members: {NAMES}"),
        ('{"token": "1", "user": "a", "secret": 1}', f"it must be a JSON object with these members: {NAMES}"),
        ('{"token": 1, "user": "a"}', 'it has a "token" of the wrong type'),
        ('{"token": "1", "user": ["a"]}', 'it has a "user" of the wrong type'),
        ('{"token": "1", "user": "a", "scopes": ["a b"]}', 'it has a "scopes" of the wrong type'),
        ('{"token": "1", "user": "a", "expires": true}', 'it has a "expires" of the wrong type'),
        (
            '{"token": "1", "user": "a", "expires": NaN}',
            "it cannot be imported: instants must be Unix seconds",
        ),
        ('{"token": "1", "user": "\\ud800"}', "it cannot be imported: subject, client_id and label must be"),
        ("[" * 100_000, "it is not JSON"),
        ('{"token": "0", "user": "a"}', "the token is on an earlier line too"),
    ],
)
def test_a_bad_line_of_json_is_named_and_nothing_is_imported(
    run: Import, tmp_path: Path, line: str, why: str
) -> None:
    """By its number; what it says is not repeated."""
    result = run('{"token": "0", "user": "a"}\n' + line + "\n", "tokens.jsonl")
    assert result.stderr.startswith(f"Error: line 2: {why}")
    assert "secret" not in result.output
    assert {} == kept(tmp_path)


def test_an_expiry_of_zero_is_long_ago_and_not_never(run: Import, tmp_path: Path) -> None:
    """Zero is a number of seconds."""
    run(
        '{"token": "1", "user": "a", "expires": 0}\n{"token": "2", "user": "a", "expires": "0"}',
        "tokens.jsonl",
    )
    assert [0.0, 0.0] == [record.expires_at for record in kept(tmp_path).values()]


def test_on_a_terminal_a_bar_shows_how_far_it_is(tmp_path: Path) -> None:
    """On standard error, in a process of its own with a terminal there."""
    file = tmp_path / "tokens.csv"
    file.write_text("token,user\n" + "".join(f"token-{number},alice\n" for number in range(12_000)))
    command = [
        sys.executable,
        "-m",
        "bearerguard",
        "token",
        "import",
        file,
        "--store",
        tmp_path / "tokens.db",
    ]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65_536):
                shown += chunk
        except OSError:
            pass  # how Linux says that the other side is closed
        assert process.stdout is not None
        assert b"Imported 12000 tokens.\n" == process.stdout.read()
    os.close(ours)
    assert b"Importing" in shown
    assert b"100%" in shown


def test_an_expiry_beyond_all_numbers_is_a_bad_line(run: Import, tmp_path: Path) -> None:
    """Named like any other, and nothing is imported."""
    result = run(f'{{"token": "1", "user": "a", "expires": 1{"0" * 400}}}', "tokens.jsonl")
    assert (1, True) == (result.exit_code, "expires must be Unix seconds or ISO 8601" in result.stderr)
