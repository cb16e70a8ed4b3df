"""Logging in once more: what the form still has, and what a new password ends."""

from __future__ import annotations

import re

import pytest

from bearerguard.devserver.registering import change_password
from tests.devserver.pages.conftest import build
from tests.devserver.pages.visiting import Visitor, title
from tests.devserver.support import ALICE, Workshop


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A server where nobody has failed to log in yet."""
    return build(tmp_path_factory)


def test_a_wrong_password_leaves_the_name_as_it_was_entered(fresh: Workshop) -> None:
    """Nobody has to type it again; the password is in no page."""
    for password, status in (("not it, not it", 403), ("", 400)):
        page = Visitor(fresh, logged_in=False).log_in("/login", 'al"<ice>', password)
        assert status == page.status_code
        assert 'name="username" value="al&#34;&lt;ice&gt;"' in page.text
        assert "not it" not in page.text


def test_who_never_entered_a_name_finds_none(fresh: Workshop) -> None:
    """The cursor is in the first field that is to be filled in."""
    page = Visitor(fresh, logged_in=False).get("/login")
    assert re.search(r'name="username" value="" [^>]*autofocus', page.text)
    page = Visitor(fresh, logged_in=False).log_in("/login", ALICE, "not it, not it")
    assert re.search(r'name="password" [^>]*autofocus', page.text)


def test_a_new_password_ends_the_sessions_of_the_old_one(fresh: Workshop) -> None:
    """Whoever had the old one is out, on every page."""
    visitor = Visitor(fresh, anew=True)
    assert "Your applications" == title(visitor.get("/applications"))
    change_password(fresh.parts, ALICE, "another password")
    assert "Log in" == title(visitor.get("/applications"))
    assert 403 == visitor.log_in("/login").status_code
    assert 303 == visitor.log_in("/login", password="another password").status_code
