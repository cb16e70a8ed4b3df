"""The files of a development server are its owner's: others could read the key, or have made the file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bearerguard.devserver import DevServer
from bearerguard.devserver.certificates import certificate_beside, files_beside
from bearerguard.errors import ConfigurationError

NOW = 1_800_000_000.0
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such modes and owners")


@pytest.fixture
def another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs this now has not made what is there."""
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o602, 0o601])
def test_a_key_that_is_open_to_others_is_not_used(tmp_path: Path, mode: int) -> None:
    """Who has read it can play the server to everybody that trusts its file."""
    store = tmp_path / "dev.db"
    key, _ = files_beside(store)
    certificate_beside(store, "localhost", now=NOW)
    key.chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        certificate_beside(store, "localhost", now=NOW)
    assert str(caught.value) == (
        f"{key} holds a key and is open to other users: "
        "delete it, and the next start makes another, or let only its owner read it (chmod 600)"
    )
    key.chmod(0o600)
    certificate_beside(store, "localhost", now=NOW)


@pytest.mark.parametrize("which", [0, 1])
def test_a_key_or_an_authority_of_another_user_is_not_used(
    tmp_path: Path, which: int, request: pytest.FixtureRequest
) -> None:
    """In a folder that many write to, anybody can be the first to make a file."""
    store = tmp_path / "dev.db"
    files = files_beside(store)
    certificate_beside(store, "localhost", now=NOW)
    files[1 - which].unlink()
    if which == 1:
        certificate_beside(tmp_path / "other.db", "localhost", now=NOW)
        files[0].write_bytes(b"")
    request.getfixturevalue("another_user")
    with pytest.raises(ConfigurationError, match="belongs to another user, who could read and change it"):
        certificate_beside(store, "localhost", now=NOW)


def test_a_store_of_another_user_is_not_used(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Its applications, users and tokens would be that one's choice."""
    path = tmp_path / "dev.db"
    DevServer(path)
    request.getfixturevalue("another_user")
    with pytest.raises(ConfigurationError) as caught:
        DevServer(path)
    assert str(caught.value) == (
        f"{path} belongs to another user, who could read and change it: "
        "run this as its owner, or name the store another way"
    )
