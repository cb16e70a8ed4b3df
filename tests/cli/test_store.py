"""The commands that look after the store itself."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from bearerguard.cli import main
from bearerguard.stores import issue
from bearerguard.stores._sql.places import place_of
from bearerguard.stores._sqlite.schema import NEWEST_VERSION as NEWEST
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.stores.databases import database

ROOT = Path(__file__).parents[2]
Command = Callable[..., Result]
BEFORE_WARNING = "Warning: process lists and the shell's history show this password."


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with database("postgresql", tmp_path_factory.mktemp("sql")) as url:
        yield url


def command(*arguments: str, store: str | Path = "", **environment: str) -> Result:
    variables = {"BEARERGUARD_STORE": str(store) or None, **environment}
    result = CliRunner().invoke(main, arguments, env=variables)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def files(folder: Path, *subjects: str) -> tuple[Path, Path]:
    source = SqliteTokenStore(folder / "from.db")
    source.add_many(issue(subject=subject)[1] for subject in subjects)
    source.close()
    return folder / "from.db", folder / "to.db"


def test_every_command_works_on_a_database(url: str) -> None:
    """Issued, listed, revoked, purged, checked: as on a file."""
    missing = command("token", "list", store=url)
    assert (1, "run `bearerguard store upgrade`\n") == (missing.exit_code, missing.stderr[-32:])
    token = command("token", "issue", "--user", "alice", store=url).stdout.strip()
    assert "alice" in command("token", "list", store=url).stdout
    run = CliRunner().invoke(main, ["check", "--store", url], input=token)
    assert (0, "200 good") == (run.exit_code, run.stdout[:8])
    assert "Revoked 1 token.\n" == command("token", "revoke", "--user", "alice", store=url).stdout
    assert "Purged 1 token.\n" == command("token", "purge", "--older-than", "0s", store=url).stdout


def test_upgrade_says_from_which_version_to_which(tmp_path: Path) -> None:
    """And when there was nothing to do."""
    store = tmp_path / "tokens.db"
    results = [command("store", "upgrade", store=store), command("store", "upgrade", store=store)]
    assert [0, 0] == [result.exit_code for result in results]
    assert [f"Upgraded from version 0 to {NEWEST}.\n", f"Version {NEWEST} is the newest already.\n"] == [
        result.stdout for result in results
    ]
    assert {"from": NEWEST, "to": NEWEST} == json.loads(
        command("store", "upgrade", "--json", store=store).stdout
    )


CLIENTS = {
    "postgresql": ("psql", "-qX", "-v", "ON_ERROR_STOP=1", "{url}"),
    "mariadb": ("mariadb", "-h", "127.0.0.1", "-u", "root", "{name}"),
    "sqlite": ("sqlite3", "-bail", "{file}"),
}


@pytest.mark.parametrize("kind", CLIENTS)
def test_what_sql_prints_makes_tables_that_work(tmp_path: Path, kind: str) -> None:
    """For whoever has other rights than the program: the database's own client takes it as it is."""
    program = CLIENTS[kind][0]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    with database(kind, tmp_path) as url:
        places = {"url": url, "name": url.rpartition("/")[2], "file": url.removeprefix("sqlite:///")}
        script = command("store", "sql", store=url).stdout
        arguments = [argument.format(**places) for argument in CLIENTS[kind]]
        done = subprocess.run(arguments, input=script, capture_output=True, text=True, timeout=30)
        assert (0, "") == (done.returncode, done.stderr)
        found = json.loads(command("store", "upgrade", "--json", store=url).stdout)
        assert found["from"] == found["to"]
        assert schema_of(url) == schema_of_upgraded(kind, tmp_path / "upgraded")
        assert 0 == command("token", "issue", "--user", "alice", store=url).exit_code


def schema_of_upgraded(kind: str, folder: Path) -> set[tuple[str, ...]]:
    folder.mkdir()
    with database(kind, folder) as url:
        assert 0 == command("store", "upgrade", store=url).exit_code
        return schema_of(url)


def schema_of(url: str) -> set[tuple[str, ...]]:
    """Every column, index and trigger, and what is in the tables that say so."""
    engine = sa.create_engine(place_of(url).blocking)
    inspector = sa.inspect(engine)
    found = {
        (table, column["name"], str(column["type"]), str(column["nullable"]))
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
    }
    names = {(str(index["name"]),) for index in inspector.get_indexes("bearerguard_tokens")}
    triggers = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        "mysql": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database()",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    }[place_of(url).kind]
    with engine.connect() as connection:
        told = {tuple(row) for row in connection.exec_driver_sql(triggers)}
        counted = {
            ("counter", str(connection.scalar(sa.text("SELECT max(number) FROM bearerguard_counter"))))
        }
    engine.dispose()
    return found | names | told | counted


def test_sql_wants_to_know_for_which_database(tmp_path: Path) -> None:
    """Of a file there is nothing to print."""
    result = command("store", "sql", store=tmp_path / "tokens.db")
    assert (2, "Error: say for which database: --for\n") == (result.exit_code, result.stderr[-37:])
    assert "BINARY(32)" in command("store", "sql", "--for", "mysql", store=tmp_path / "tokens.db").stdout


def test_check_says_what_it_found(tmp_path: Path) -> None:
    """For people and for programs."""
    source, _ = files(tmp_path, "alice", "bob")
    result = command("store", "check", store=source)
    assert (0, "") == (result.exit_code, result.stderr)
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert (str(source), f"{NEWEST}, the newest", "2") == (lines["store"], lines["version"], lines["tokens"])
    found = json.loads(command("store", "check", "--json", store=source).stdout)
    assert (2, NEWEST, True) == (found["tokens"], found["version"], found["is_durable"])


@pytest.mark.parametrize(
    ("store", "status", "says"),
    [
        ("missing.db", 1, "no token store at "),
        (
            "postgresql://postgres@127.0.0.1/no_such_database",
            1,
            "does not know this user, this password or this",
        ),
        (
            "postgresql://postgres:s3cret@127.0.0.1:1/test",
            3,
            "postgresql at 127.0.0.1:1/test cannot be reached",
        ),
        ("mysql://root:s3cret@127.0.0.1:1/test", 3, "mysql at 127.0.0.1:1/test cannot be reached"),
        ("redis://:s3cret@127.0.0.1:1/0", 3, "redis at 127.0.0.1:1/0 "),
        ("mysql://root:s3cret@127.0.0.1", 1, "the URL names no database"),
    ],
)
@pytest.mark.parametrize("what", ["check", "upgrade"])
def test_a_store_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, what: str, store: str, status: int, says: str
) -> None:
    """3 where trying again may help; a password is in none of them."""
    if (what, store) == ("upgrade", "missing.db"):
        pytest.skip("an upgrade makes the file")
    result = command("store", what, store=str(tmp_path / store) if store == "missing.db" else store)
    assert status == result.exit_code
    assert says in result.stderr
    assert 1 == result.stderr.count("\n")
    assert "s3cret" not in result.output


def test_a_password_on_the_command_line_is_warned_of() -> None:
    """In an environment variable it is where it should be."""
    url = "mysql://root:s3cret@127.0.0.1:1/test"
    shown = command("store", "check", "--store", url)
    assert shown.stderr.startswith(BEFORE_WARNING)
    hidden = command("store", "check", "--store", "env:MINE", MINE=url)
    assert (3, 3) == (shown.exit_code, hidden.exit_code)
    assert BEFORE_WARNING not in hidden.stderr
    assert "s3cret" not in shown.output + hidden.output


def test_an_environment_variable_that_is_not_there_is_said(tmp_path: Path) -> None:
    """It names no file of that name."""
    result = command("store", "copy", "env:NO_SUCH_VARIABLE", str(tmp_path / "to.db"))
    assert 2 == result.exit_code
    assert "there is no such environment variable, or it is empty" in result.stderr


@pytest.mark.parametrize("arguments", [("store",), (), ("token", "show"), ("store", "copy", "a", "b")])
def test_a_url_in_a_wrong_place_is_not_repeated_with_its_password(arguments: tuple[str, ...]) -> None:
    """Into a terminal, or into a build's log."""
    result = command(*arguments, "postgresql://alice:s3cret@db/tokens")
    assert 2 == result.exit_code
    assert "s3cret" not in result.output


def test_copy_says_what_it_did_and_verified(tmp_path: Path) -> None:
    """A second time there is nothing left to do."""
    source, target = map(str, files(tmp_path, "alice", "bob"))
    first, second = command("store", "copy", source, target), command("store", "copy", source, target)
    assert (0, 0) == (first.exit_code, second.exit_code)
    assert "Copied 2 tokens: 2 added, 0 changed, 0 there already." == first.stdout.splitlines()[0]
    assert "Copied 2 tokens: 0 added, 0 changed, 2 there already." == second.stdout.splitlines()[0]
    assert first.stdout.splitlines()[1].startswith("Verified: 2 tokens read back, checksum ")
    assert first.stdout.splitlines()[1] == second.stdout.splitlines()[1]
    assert first.stderr.startswith("What changes in FROM from now on is not in TO")
    found = json.loads(command("store", "copy", source, target, "--json").stdout)
    assert (2, 0, True) == (found["records"], found["added"], found["is_verified"])


def test_good_tokens_that_only_the_target_has_are_a_warning(tmp_path: Path) -> None:
    """They are its own, or what was purged in FROM between two copies; a script gets the number."""
    source, target = map(str, files(tmp_path, "alice", "bob"))
    assert "Warning" not in command("store", "copy", source, target).stderr
    assert 0 == command("token", "revoke", "--user", "bob", "--store", source).exit_code
    SqliteTokenStore(Path(source)).purge(before=time.time() + 1)
    told = (
        "1 token good in TO and not in FROM: TO's own, or copied earlier and then revoked and purged in FROM."
    )
    result = command("store", "copy", source, target, "--json")
    assert (0, f"Warning: {told}") == (result.exit_code, result.stderr.splitlines()[-1])
    assert 1 == json.loads(result.stdout)["only_in_target"]


def test_tokens_that_differ_are_an_error(tmp_path: Path) -> None:
    """And named by their IDs."""
    source, target = files(tmp_path)
    theirs = issue(subject="alice")[1]
    SqliteTokenStore(source).add(theirs)
    SqliteTokenStore(target).add(type(theirs)(theirs.digest, "mallory", issued_at=1.0, expires_at=None))
    result = command("store", "copy", str(source), str(target))
    assert 1 == result.exit_code
    assert "Error: 1 token in both stores with another user, client" in result.stderr
    assert theirs.token_id in result.stderr


def test_an_interrupted_copy_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no loss."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bearerguard.cli.copying.copy_all", interrupted)
    result = command("store", "copy", *map(str, files(tmp_path, "alice")))
    assert (1, "Error: Interrupted. The same command goes on from here.\n") == (
        result.exit_code,
        result.stderr,
    )


@pytest.mark.parametrize("same", ["from.db", "../{}/from.db"])
def test_a_store_is_not_copied_onto_itself(tmp_path: Path, same: str) -> None:
    """However it is named."""
    source, _ = files(tmp_path, "alice")
    result = command("store", "copy", str(source), str(tmp_path / same.format(tmp_path.name)))
    assert (1, "Error: both are the same store: name another one to copy to\n") == (
        result.exit_code,
        result.stderr,
    )


def test_a_terminal_gets_a_progress_bar(tmp_path: Path) -> None:
    """One for each pass."""
    source, target = files(tmp_path, *(f"user {number}" for number in range(30)))
    terminal, end = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "bearerguard", "store", "copy", str(source), str(target)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=end,
        timeout=30,
    )
    os.close(end)
    shown = os.read(terminal, 65_536).decode()
    os.close(terminal)
    assert 0 == done.returncode
    assert "Copying" in shown
    assert "Reading back" in shown
    assert "100%" in shown
