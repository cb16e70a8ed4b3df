"""The commands that look after tokens."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bearerguard.cli import main
from bearerguard.stores import TokenRecord, digest_of, issue
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.wire.local_token import SECRET_SCANNER_PATTERN

Command = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.db"


@pytest.fixture
def command(path: Path) -> Command:
    def run(*arguments: str, stdin: str = "") -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin, env={"BEARERGUARD_STORE": str(path)})
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def records(path: Path) -> list[TokenRecord]:
    return list(SqliteTokenStore(path, create=False).records())


def add(path: Path, **facts: Any) -> TokenRecord:
    record = issue(**{"subject": "alice", "client_id": "app", **facts})[1]
    SqliteTokenStore(path).add(record)
    return record


def test_issue_prints_the_token_alone_and_words_to_standard_error(command: Command, path: Path) -> None:
    """TOKEN=$(bearerguard token issue ...) works."""
    result = command(
        *("token", "issue", "--user", "alice", "--client", "my-app", "--scope", "tag rating"),
        *("--scope", "profile", "--label", "laptop", "--expires", "12h"),
    )
    token = result.stdout.removesuffix("\n")
    assert 0 == result.exit_code
    assert re.fullmatch(SECRET_SCANNER_PATTERN, token)
    [record] = records(path)
    assert digest_of(token) == record.digest
    assert ("alice", "my-app", "laptop") == (record.subject, record.client_id, record.label)
    assert {"tag", "rating", "profile"} == record.scopes
    assert record.expires_at == record.issued_at + 43_200
    assert re.fullmatch(
        rf"Issued {record.token_id} until \S+Z\. The token is not shown again\.\n", result.stderr
    )


def test_issue_as_json_has_all_about_the_token(command: Command, path: Path) -> None:
    """On one line, and no words beside it."""
    result = command("token", "issue", "--client", "my-app", "--never-expires", "--prefix", "mine.", "--json")
    issued = json.loads(result.stdout)
    [record] = records(path)
    assert issued["token"].startswith("mine.")
    expected = {
        "token": issued["token"],
        "id": record.token_id,
        "sha256": record.digest.hex(),
        "state": "active",
        "user": None,
        "client": "my-app",
        "scopes": [],
        "issued_at": record.issued_at,
        "expires_at": None,
        "revoked_at": None,
        "last_used_at": None,
        "label": None,
    }
    assert expected == issued
    assert "" == result.stderr


def test_issue_lasts_90_days_unless_told_otherwise(command: Command, path: Path) -> None:
    """Long enough for a script, short enough for a leak to end."""
    command("token", "issue", "--user", "alice")
    [record] = records(path)
    assert record.expires_at == record.issued_at + 90 * 86_400
    never = command("token", "issue", "--user", "bob", "--never-expires")
    assert "until" not in never.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "a token needs a user, an application or both: --user, --client"),
        (("--user", "a", "--scope", "a  b"), "not a list of scopes separated by single spaces"),
        (("--user", "a", "--expires", "90"), "give a whole number and a unit: 45s, 30m, 12h, 90d or 2w"),
        (("--user", "a", "--expires", "0s"), "lifetime_seconds must be a finite number above 0"),
        (("--user", "a", "--expires", "1d", "--never-expires"), "--expires or --never-expires, not both"),
        (("--user", "a", "--prefix", "ü"), "a token prefix is 1 to 32"),
        (("--user", "a", "more"), "Too many arguments. (A token is never an argument"),
        (("--user", "a", "--nonsense"), "No such option"),
    ],
)
def test_issue_says_what_is_wrong_and_creates_nothing(
    command: Command, path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """Status 2, and no file."""
    result = command("token", "issue", *arguments)
    assert 2 == result.exit_code
    assert message in result.stderr
    assert not path.exists()


def test_a_comma_in_a_scope_is_issued_with_a_warning(command: Command, path: Path) -> None:
    """The grammar allows it (RFC 6749 section 3.3), and hardly anybody means it."""
    result = command("token", "issue", "--user", "alice", "--scope", "tag,rating")
    warning = "Warning: 'tag,rating' is one scope with a comma in its name: a space separates"
    assert (0, warning) == (result.exit_code, result.stderr.splitlines()[0])
    assert [{"tag,rating"}] == [one.scopes for one in records(path)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("token", "list"),
        ("token", "show", "00000000"),
        ("token", "revoke", "00000000"),
        ("token", "revoke", "--user", "alice"),
        ("token", "purge"),
        ("check",),
    ],
)
def test_only_who_adds_tokens_creates_the_file(
    command: Command, path: Path, arguments: tuple[str, ...]
) -> None:
    """One sentence that names the cure, status 1."""
    result = command(*arguments, stdin="token")
    expected = f"Error: no token store at {path}: issue a token first, or name the right file\n"
    assert (1, "", expected) == (result.exit_code, result.stdout, result.stderr)
    assert not path.exists()


def test_a_store_that_cannot_be_used_now_is_status_3(command: Command, path: Path) -> None:
    """Other programs can tell an outage from a no."""
    SqliteTokenStore(path).add_many(issue(subject="alice")[1] for _ in range(500))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    result = command("token", "list", "--json")
    expected = f"Error: token store: {path} is corrupt: restore it from a backup\n"
    assert (3, expected) == (result.exit_code, result.stderr)


def test_list_shows_a_line_for_each_token(command: Command, path: Path) -> None:
    """The oldest first; what could move a terminal's cursor is written out."""
    first = add(path, scopes=["tag", "rating"], label="a\x1b[2Jb", now=lambda: 1.0, lifetime_seconds=10)
    second = add(path, subject=None, lifetime_seconds=None)
    result = command("token", "list")
    heading, *lines = result.stdout.splitlines()
    assert ["ID", "STATE", "EXPIRES", "LAST", "USED", "USER", "CLIENT", "SCOPES"] == heading.split()
    shown = [first.token_id, "expired", "1970-01-01T00:00Z", "-", "alice", "app", "rating", "tag"]
    assert shown == lines[0].split()[:8]
    assert lines[0].endswith(r"(a\x1b[2Jb)")
    assert [second.token_id, "active", "never", "-", "-", "app", "-"] == lines[1].split()
    assert 2 == len(lines)


@pytest.fixture
def used(path: Path) -> TokenRecord:
    """A token that was used, and one that was not."""
    record = add(path, now=lambda: 1.0, lifetime_seconds=None)
    add(path)
    SqliteTokenStore(path).keep_uses({record.digest: 1_800_000_000.5})
    return record


def test_the_last_use_is_shown(command: Command, path: Path, used: TokenRecord) -> None:
    """A dash, and null in JSON, where nobody knows."""
    columns = [line.split()[3] for line in command("token", "list").stdout.splitlines()[1:]]
    assert ["2027-01-15T08:00Z", "-"] == columns
    listed = command("token", "list", "--json").stdout.splitlines()
    assert [1_800_000_000.5, None] == [json.loads(line)["last_used_at"] for line in listed]
    assert "\nlast use 2027-01-15T08:00Z\n" in command("token", "show", used.token_id).stdout
    shown = command("token", "show", used.token_id, "--json").stdout
    assert 1_800_000_000.5 == json.loads(shown)["last_used_at"]


def test_a_long_list_shows_each_last_use(command: Command, path: Path) -> None:
    """They are looked up some at a time."""
    many = [issue(subject="alice", now=lambda at=at: float(at))[1] for at in range(1_100)]
    store = SqliteTokenStore(path)
    store.add_many(many)
    store.keep_uses({one.digest: one.issued_at + 10_000 for one in many})
    listed = [json.loads(line) for line in command("token", "list", "--json").stdout.splitlines()]
    assert [10_000.0] * 1_100 == [one["last_used_at"] - one["issued_at"] for one in listed]


@pytest.mark.parametrize("value", ["'yesterday'", "x'00'", "-1", "1e300", "9e999"])
def test_a_last_use_that_somebody_else_has_written_is_not_known(
    command: Command, path: Path, used: TokenRecord, value: str
) -> None:
    """And breaks no list."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE uses SET last_used_at = {value}")  # noqa: S608
    listed = command("token", "list", "--json")
    assert (0, 2) == (listed.exit_code, listed.stdout.count('"last_used_at": null'))
    assert "\nlast use -\n" in command("token", "show", used.token_id).stdout


def test_to_check_a_token_is_no_use_of_it(command: Command, path: Path) -> None:
    """Nor is it to show or to revoke it by itself; check shows when it was used."""
    token, record = issue(subject="alice")
    store = SqliteTokenStore(path)
    store.add(record)
    for arguments in (("check",), ("token", "show", "-"), ("token", "revoke", "-")):
        assert 0 == command(*arguments, stdin=token).exit_code
    assert {} == store.last_uses([record.digest])
    store.keep_uses({record.digest: 1_800_000_000.5})
    assert "last use 2027-01-15T08:00Z" in command("check", stdin=token).stdout


def test_nothing_that_a_token_says_moves_a_terminal(command: Command, path: Path) -> None:
    """Escape sequences, also those of one character, and what turns the direction of writing."""
    texts = {"subject": "a\x1b]0;x\x07", "client_id": "b\x9b2J\r", "label": "c\u202e\n\x7f"}
    record = add(path, **texts)
    shown = command("token", "show", record.token_id).stdout
    for output in (command("token", "list").stdout, shown):
        assert all(char.isprintable() or char == "\n" for char in output)
    assert [r"a\x1b]0;x\x07", r"b\x9b2J\r", r"c\u202e\n\x7f"] == [
        line[9:] for line in shown.splitlines() if line.startswith(("user", "client", "label"))
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["active", "revoked", "expired", "other"]),
        (("--state", "active"), ["active", "other"]),
        (("--state", "revoked"), ["revoked"]),
        (("--state", "expired"), ["expired"]),
        (("--user", "bob"), ["other"]),
        (("--client", "app", "--state", "active"), ["active"]),
    ],
)
def test_list_can_be_narrowed(
    command: Command, path: Path, arguments: tuple[str, ...], expected: list[str]
) -> None:
    """By user, application and state; as JSON one object a line."""
    now = time.time()
    add(path, label="expired", now=lambda: now - 90, lifetime_seconds=1)
    revoked = add(path, label="revoked", now=lambda: now - 100)
    SqliteTokenStore(path).revoke(revoked.digest)
    add(path, label="active", now=lambda: now - 200)
    add(path, subject="bob", client_id="other", label="other", now=lambda: now - 10)
    result = command("token", "list", "--json", *arguments)
    assert expected == [json.loads(line)["label"] for line in result.stdout.splitlines()]


def test_show_tells_all_about_one(command: Command, path: Path) -> None:
    """By an ID cut short, or by the token itself on standard input."""
    token, record = issue(subject="alice", scopes=["tag"])
    SqliteTokenStore(path).add(record)
    shown = command("token", "show", record.token_id[:8])
    assert f"SHA-256  {record.digest.hex()}" in shown.stdout
    assert "revoked  no" in shown.stdout
    assert shown.stdout == command("token", "show", "-", stdin=token + "\n").stdout
    as_json = json.loads(command("token", "show", record.digest.hex().upper(), "--json").stdout)
    assert record.token_id == as_json["id"]


@pytest.mark.parametrize("name", ["show", "revoke"])
def test_an_id_must_name_one_token(command: Command, path: Path, name: str) -> None:
    """Unknown, ambiguous, too short, or a token by mistake: which is not repeated."""
    beginning = bytes.fromhex("abcdef01")
    SqliteTokenStore(path).add_many(
        TokenRecord(beginning + bytes([number]) * 28, "alice", issued_at=1.0, expires_at=None)
        for number in (1, 2)
    )
    unknown = command("token", name, "00000000")
    assert (1, "Error: no token has such an ID\n") == (unknown.exit_code, unknown.stderr)
    ambiguous = command("token", name, "abcdef01")
    expected = "Error: 2 tokens have an ID that begins like this: give more digits\n"
    assert (1, expected) == (ambiguous.exit_code, ambiguous.stderr)
    for secret in ("abcdef0", "bg_secret", "g" * 8):
        wrong = command("token", name, secret)
        assert 2 == wrong.exit_code
        assert "an ID is 8 to 64 hexadecimal digits, as list shows them" in wrong.stderr
        assert secret not in wrong.output
    nothing = command("token", name, "-")
    assert (2, True) == (nothing.exit_code, "no token on standard input" in nothing.stderr)


def test_a_second_argument_is_not_repeated(command: Command, path: Path) -> None:
    """It may be a token."""
    add(path)
    result = command("token", "show", "00000000", "bg_secret")
    assert 2 == result.exit_code
    assert "bg_secret" not in result.output


def test_revoke_by_id_and_by_the_token_itself(command: Command, path: Path) -> None:
    """Says how many; a second time there is nothing left to do."""
    token, record = issue(subject="alice")
    SqliteTokenStore(path).add(record)
    other = add(path)
    assert "Revoked 1 token.\n" == command("token", "revoke", "-", stdin=token).stdout
    assert "Revoked 1 token.\n" == command("token", "revoke", record.token_id, other.token_id).stdout
    assert {"revoked": 0} == json.loads(command("token", "revoke", other.token_id, "--json").stdout)
    assert all(one.revoked_at for one in records(path))


def test_revoke_all_of_a_user_in_an_application(command: Command, path: Path) -> None:
    """Both must fit."""
    for client in ("app", "app", "other"):
        add(path, client_id=client)
    assert "Revoked 2 tokens.\n" == command("token", "revoke", "--user", "alice", "--client", "app").stdout
    assert "Revoked 1 token.\n" == command("token", "revoke", "--user", "alice").stdout


@pytest.mark.parametrize("arguments", [(), ("00000000", "--user", "alice"), ("--user", "")])
def test_revoke_needs_to_be_told_which(command: Command, path: Path, arguments: tuple[str, ...]) -> None:
    """One way, and not none."""
    add(path)
    result = command("token", "revoke", *arguments)
    assert (2, True) == (result.exit_code, "say which: an ID, or --user and --client" in result.stderr)


def test_of_several_ids_none_is_revoked_when_one_is_wrong(command: Command, path: Path) -> None:
    """A typing error stops everything."""
    record = add(path)
    assert 1 == command("token", "revoke", record.token_id, "00000000").exit_code
    assert [None] == [one.revoked_at for one in records(path)]


def test_purge_forgets_what_ended_long_ago(command: Command, path: Path) -> None:
    """30 days unless told otherwise."""
    day = 86_400
    for days_ago in (10, 40, 50):
        ended = time.time() - days_ago * day
        add(path, now=lambda ended=ended: ended - day, lifetime_seconds=day)
    add(path)
    assert "Purged 2 tokens.\n" == command("token", "purge").stdout
    assert {"purged": 1} == json.loads(command("token", "purge", "--older-than", "1w", "--json").stdout)
    assert 1 == len(records(path))


def test_on_a_terminal_a_token_is_asked_for_without_an_echo(
    command: Command, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even to standard output."""
    token, record = issue(subject="alice")
    SqliteTokenStore(path).add(record)
    monkeypatch.setattr("bearerguard.cli.options.is_terminal", lambda: True)
    result = command("token", "revoke", "-", stdin=token + "\n")
    assert ("Revoked 1 token.\n", True) == (result.stdout, "Token:" in result.stderr)
    assert token not in result.output


def test_the_command_runs_as_a_module(path: Path) -> None:
    """`python -m bearerguard`, in a process of its own; the store may be named by an option too."""
    base = [sys.executable, "-m", "bearerguard", "token"]
    root = Path(__file__).parents[2]
    issued = subprocess.run(
        [*base, "issue", "--user", "alice", "--store", path],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    revoked = subprocess.run(
        [*base, "revoke", "-", "--store", path], cwd=root, capture_output=True, text=True, input=issued.stdout
    )
    assert ("Revoked 1 token.\n", "", 0) == (revoked.stdout, revoked.stderr, revoked.returncode)


def test_help_names_the_exit_status(command: Command) -> None:
    """So that scripts can rely on it."""
    assert "3  the store cannot be used at the moment" in command("--help").stdout


def test_the_demo_says_which_packages_it_lacks(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are an extra, so that nobody installs a framework for nothing."""
    monkeypatch.setitem(sys.modules, "bearerguard.demo", None)
    result = command("demo")
    assert (1, "Error: the demo needs more packages: pip install 'bearerguard[demo]'\n") == (
        result.exit_code,
        result.stderr,
    )


@pytest.mark.parametrize(("answer", "status"), [(None, 0), (0, 0), (1, 1)])
def test_the_demo_ends_with_its_own_verdict(
    command: Command, monkeypatch: pytest.MonkeyPatch, answer: int | None, status: int
) -> None:
    """`--once` is for machines."""

    class Demo:
        @staticmethod
        def main(once: bool) -> int | None:
            assert once
            return answer

    monkeypatch.setitem(sys.modules, "bearerguard.demo", Demo)
    assert status == command("demo", "--once").exit_code


@pytest.mark.parametrize(
    "arguments",
    [
        ("TOKEN",),
        ("token", "TOKEN"),
        ("token", "--TOKEN"),
        ("token", "import", "TOKEN"),
        ("token", "list", "--state", "TOKEN"),
        ("token", "show", "TOKEN"),
    ],
)
def test_a_token_in_the_wrong_place_is_not_repeated(arguments: tuple[str, ...]) -> None:
    """Into a terminal's history of output, or a build's log."""
    token, _ = issue(subject="alice")
    result = CliRunner().invoke(main, [one.replace("TOKEN", token) for one in arguments])
    assert (2, False) == (result.exit_code, token[3:] in result.output)
