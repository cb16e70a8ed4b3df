"""`bearerguard devserver user`, and what the server says at its start of what the commands have added."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result

from bearerguard.cli import devserving
from bearerguard.devserver import DevServer, Settings
from bearerguard.errors import ConfigurationError
from bearerguard.stores import digest_of
from tests.devserver.commanding import Command

CALLBACK = "https://app.example.org/callback"
OLD, NEW = "the old password", "the new password"


@pytest.fixture
def begun(command: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Result]:
    """Start a server that ends as soon as it runs."""

    over = threading.Event()
    over.set()
    monkeypatch.setattr(devserving, "threading", SimpleNamespace(Event=lambda: over))
    monkeypatch.setattr(devserving, "signal", SimpleNamespace(SIGINT=2, SIGTERM=15, signal=lambda *_: None))
    monkeypatch.setattr(devserving, "_show_access_lines", lambda: None)
    return lambda: command("--port", "0")


def test_a_file_that_is_made_by_a_command_is_said_once(command: Command, path: Path) -> None:
    """In the wrong folder all would look well, and the running server knew nothing of it."""
    made = f"Made a new file, {path}: a running server has another.\n"
    assert made == command("user", "add", "bob", stdin=f"{OLD}\n").stderr
    assert "" == command("user", "add", "eve", stdin=f"{OLD}\n").stderr


def test_an_empty_file_is_to_be_deleted(command: Command, path: Path) -> None:
    """No token issued into it would make it a development server's."""
    path.touch()
    for arguments in ((), ("application", "add", "Picard"), ("user", "list")):
        result = command(*arguments)
        assert (1, "", f"Error: {path} is empty: delete it, or name another file\n") == (
            result.exit_code,
            result.stdout,
            result.stderr,
        )


def test_a_lost_password_is_replaced(command: Command, path: Path) -> None:
    """The old one is nobody's any more; tokens stay."""
    command("user", "add", "bob", stdin=f"{OLD}\n")
    with DevServer(path) as dev:
        token = dev.token(subject="bob")
        changed = command("user", "password", "bob", stdin=f"{NEW}\n")
        assert (0, "Changed; who was logged in has to log in again.\n", "") == (
            changed.exit_code,
            changed.stdout,
            changed.stderr,
        )
        application = dev.register("Picard", redirect_uris=[CALLBACK])
        query = f"response_type=code&client_id={application.client_id}&scope=tag"
        url = f"{dev.issuer}/oauth2/authorize?{query}"
        with pytest.raises(ConfigurationError, match="does not know this user with this password"):
            dev.approve(url, user="bob", password=OLD)
        assert dev.approve(url, user="bob", password=NEW).startswith(CALLBACK)
        record = dev.store.find(digest_of(token))
        assert record is not None
        assert record.revoked_at is None


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (("password", "nobody"), NEW, "there is no user of this name: see user list"),
        (("password", "bob"), "short", "a password must be of 8 to 1,024 printable characters"),
        (("remove", "nobody"), "", "there is no user of this name: see user list"),
    ],
)
def test_who_cannot_be_changed_is_one_sentence(
    command: Command, arguments: tuple[str, ...], stdin: str, sentence: str
) -> None:
    command("user", "add", "bob", stdin=f"{OLD}\n")
    result = command("user", *arguments, stdin=f"{stdin}\n")
    assert (1, "", f"Error: {sentence}\n") == (result.exit_code, result.stdout, result.stderr)


def test_a_file_that_is_not_there_is_not_made_by_a_change(command: Command, path: Path) -> None:
    for arguments in (("password", "bob"), ("remove", "bob")):
        result = command("user", *arguments, stdin=f"{NEW}\n")
        sentence = f"Error: there is no file {path}: start the server first, or name it with --store\n"
        assert (1, "", sentence) == (result.exit_code, result.stdout, result.stderr)
    assert not path.exists()


def test_a_removed_user_has_no_tokens_left(command: Command, path: Path) -> None:
    """And is nobody to log in as; somebody else of the same name begins with nothing."""
    command("user", "add", "bob", stdin=f"{OLD}\n")
    with DevServer(path) as dev:
        token = dev.token(subject="bob")
        removed = command("user", "remove", "bob")
        assert (0, "Removed; all tokens are revoked, and nothing is granted any more.\n", "") == (
            removed.exit_code,
            removed.stdout,
            removed.stderr,
        )
        record = dev.store.find(digest_of(token))
        assert record is not None
        assert record.revoked_at is not None
        assert 1 == len(command("user", "list").stdout.splitlines())
        assert 1 == command("user", "remove", "bob").exit_code
        assert "Added bob.\n" == command("user", "add", "bob", stdin=f"{NEW}\n").stdout


def test_the_server_makes_a_user_only_where_there_is_none(
    command: Command, begun: Callable[[], Result]
) -> None:
    """Whoever was added before is enough; a second start makes no other password."""
    command("user", "add", "bob", stdin=f"{OLD}\n")
    for _ in range(2):
        said = begun().stdout
        assert "  users         1, see: bearerguard devserver user list\n" in said
        assert "password" not in said


def test_the_server_warns_of_scopes_that_it_does_not_have(
    command: Command, path: Path, begun: Callable[[], Result]
) -> None:
    """`application add` cannot know them, so a mistyped one is seen here."""
    add = ("application", "add", "--json")
    command(*add, "All")
    command(*add, "Right", "--scope", "tag rating")
    dev = DevServer(path, settings=Settings(scopes={"zap": "Zap", "nope": "Nope", "tag": "Tag"}))
    wrong = dev.register("Wrong", scopes=["zap", "nope", "tag"])
    result = begun()
    assert 0 == result.exit_code
    assert (
        f"Warning: Wrong ({wrong.client_id}) was registered for scopes that this server does not have: "
        "nope zap\n"
    ) == result.stderr
