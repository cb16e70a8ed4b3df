"""The file of a development authorization server, and the tables in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bearerguard.devserver.registering import add_user, register
from bearerguard.devserver.state import file as state_file
from bearerguard.devserver.state.file import StateFile
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.devserver.support import Workshop, error, quick_folder
from tests.support import Clock


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of its own for every test."""
    with quick_folder() as quick:
        yield quick


def test_a_store_that_no_development_server_has_made_is_refused(folder: Path) -> None:
    """Real tokens have no business in one; nothing is written into it."""
    path = folder / "tokens.db"
    _, record = issue(subject="alice", now=Clock())
    SqliteTokenStore(path).add(record)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError) as caught:
        StateFile(path, now=Clock())
    assert str(caught.value) == (
        f"{path} is a token store that no development server has made, so none will use it: "
        "name a file of its own"
    )
    assert before == path.read_bytes()


def test_the_file_of_another_version_is_refused(folder: Path) -> None:
    """Rather than misread."""
    path = folder / "dev.db"
    StateFile(path, now=Clock()).change("UPDATE devserver SET version = 99")
    with pytest.raises(
        ConfigurationError, match="was made by another version of bearerguard: name a new file"
    ):
        StateFile(path, now=Clock())


def test_without_create_the_file_must_be_there(folder: Path) -> None:
    """A typing error must not make an empty server."""
    path = folder / "dev.db"
    with pytest.raises(ConfigurationError, match="start the development server first, or"):
        StateFile(path, create=False, now=Clock())
    assert [] == list(folder.iterdir())
    StateFile(path, now=Clock())
    StateFile(path, create=False, now=Clock())


def test_an_empty_file_is_to_be_deleted(folder: Path) -> None:
    """It is no server's, and nothing may be written into what somebody else has made."""
    path = folder / "dev.db"
    path.touch()
    for create in (True, False):
        with pytest.raises(ConfigurationError) as caught:
            StateFile(path, create=create, now=Clock())
        assert f"{path} is empty: delete it, or name another file" == str(caught.value)
    assert 0 == path.stat().st_size


def test_of_two_that_make_a_file_at_once_both_use_the_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody is left with half a file, or with what was being built."""
    path = folder / "dev.db"
    prepare = state_file.prepare

    def prepare_while_another_does(building: Path, *, create: bool) -> None:
        monkeypatch.setattr(state_file, "prepare", prepare)
        add_user_to(StateFile(path, now=Clock()))
        prepare(building, create=create)

    def add_user_to(file: StateFile) -> None:
        file.change("INSERT INTO devserver_users VALUES ('alice', 'x', NULL, 0)")

    monkeypatch.setattr(state_file, "prepare", prepare_while_another_does)
    slower = StateFile(path, now=Clock())
    assert [("alice",)] == slower.rows("SELECT name FROM devserver_users")
    assert ["dev.db"] == [file.name for file in folder.iterdir()]


def test_a_file_that_cannot_be_made_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets its name only when it is whole."""
    monkeypatch.setattr(state_file, "TABLES", (*state_file.TABLES, "NO SQL"))
    with pytest.raises(Unavailable):
        StateFile(folder / "dev.db", now=Clock())
    assert [] == list(folder.iterdir())


def test_a_folder_that_knows_no_links_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some mounted folders cannot do what we need."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    with pytest.raises(ConfigurationError) as caught:
        StateFile(folder / "dev.db", now=Clock())
    assert str(caught.value) == f"{folder / 'dev.db'} cannot be made there: name a file on a local disk"
    assert [] == list(folder.iterdir())


def test_only_the_owner_may_read_the_file(folder: Path) -> None:
    """As with every token store."""
    path = folder / "dev.db"
    StateFile(path, now=Clock())
    assert 0o600 == path.stat().st_mode & 0o777


def test_it_is_an_ordinary_token_store_for_everybody_else(folder: Path) -> None:
    """A guard in another process opens it by its path."""
    workshop = Workshop(folder / "dev.db")
    token = workshop.tokens(workshop.confidential)["access_token"]
    record = SqliteTokenStore(folder / "dev.db", create=False).find(workshop.record(token).digest)
    assert record == workshop.record(token)


def test_a_user_name_is_taken_once(folder: Path) -> None:
    """Names are compared to the letter."""
    workshop = Workshop(folder / "dev.db")
    with pytest.raises(ConfigurationError) as caught:
        add_user(workshop.parts, "alice", "another password")
    assert str(caught.value) == "there is a user of this name already: choose another"
    add_user(workshop.parts, "Alice", "another password")
    assert ["Alice", "alice"] == [user.name for user in workshop.parts.users.all()]


def test_applications_are_listed_in_their_order_and_by_owner(folder: Path) -> None:
    """Those of the command have none."""
    workshop = Workshop(folder / "dev.db")
    assert [] == workshop.parts.applications.all(owner="alice")
    names = [application.name for application in workshop.parts.applications.all()]
    assert {"Confidential", "Other", "Public", "Installed"} == set(names)


def test_an_application_that_is_removed_takes_everything_with_it(folder: Path) -> None:
    """Its tokens are revoked, and its rows are gone; once more is False."""
    workshop = Workshop(folder / "dev.db")
    by = workshop.confidential
    tokens, unused = workshop.tokens(by), workshop.code(by)
    assert workshop.parts.applications.remove(by.client_id)
    assert not workshop.is_live(tokens["access_token"])
    assert 401 == workshop.exchange(by, unused).status_code
    with sqlite3.connect(workshop.path) as connection:
        for table in ("grants", "codes", "refresh_tokens", "access_tokens"):
            assert [(0,)] == connection.execute(f"SELECT count(*) FROM devserver_{table}").fetchall()  # noqa: S608
    connection.close()
    assert not workshop.parts.applications.remove(by.client_id)


def test_a_user_who_is_removed_takes_everything_with_him(folder: Path) -> None:
    """His tokens are revoked and his grants are gone; his applications stay and are no user's."""
    workshop = Workshop(folder / "dev.db")
    by = workshop.confidential
    tokens, unused = workshop.tokens(by), workshop.code(by)
    own = register(workshop.parts, name="His", redirect_uris=[], owner="alice")[0]
    assert workshop.parts.users.remove("alice")
    assert not workshop.is_live(tokens["access_token"])
    assert (400, "invalid_grant") == error(workshop.exchange(by, unused))[:2]
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (400, "invalid_grant") == error(workshop.post("/oauth2/token", again, by=by))[:2]
    with sqlite3.connect(workshop.path) as connection:
        for table in ("users", "grants", "codes", "refresh_tokens", "access_tokens"):
            assert [(0,)] == connection.execute(f"SELECT count(*) FROM devserver_{table}").fetchall()  # noqa: S608
    connection.close()
    found = workshop.parts.applications.find(own.client_id)
    assert found is not None
    assert found.owner is None
    assert not workshop.parts.users.remove("alice")


def test_a_removal_that_failed_half_way_is_finished_by_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user is gone, and the tokens are still to be revoked."""
    workshop = Workshop(folder / "dev.db")
    token = workshop.tokens(workshop.confidential)["access_token"]

    def fail(*_: object, **__: object) -> int:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as failing:
        failing.setattr(SqliteTokenStore, "revoke_all", fail)
        with pytest.raises(Unavailable):
            workshop.parts.users.remove("alice")
    assert workshop.is_live(token)
    assert workshop.parts.users.remove("alice")
    assert not workshop.is_live(token)
