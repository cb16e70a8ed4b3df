"""What the guard would say to a token, and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bearerguard.cli import main
from bearerguard.cli.checking import _Request
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.signing import access_claims, sign

Check = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.db"
    SqliteTokenStore(path)
    return path


@pytest.fixture
def check(path: Path) -> Check:
    def check(token: str | bytes, *arguments: str) -> Result:
        result = CliRunner().invoke(main, ["check", "--store", str(path), *arguments], input=token)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return check


def add(path: Path, **facts: Any) -> str:
    token, record = issue(**{"subject": "alice", "scopes": ["tag", "rating"], **facts})
    SqliteTokenStore(path).add(record)
    return token


def test_a_good_token(check: Check, path: Path) -> None:
    """Status 0, and all about it but the token."""
    token = add(path)
    result = check(token + "\n", "--scope", "tag")
    assert 0 == result.exit_code
    assert result.stdout.startswith("200 good: it passes, with the scopes: rating tag\n\nID       ")
    assert "user     alice" in result.stdout
    assert token not in result.output


def test_a_token_without_scopes(check: Check, path: Path) -> None:
    """None is a word too."""
    assert "with the scopes: none" in check(add(path, scopes=[])).stdout


def test_a_token_that_does_not_reach_far_enough(check: Check, path: Path) -> None:
    """403, with the challenge that would be sent."""
    result = check(add(path), "--scope", "collection tag")
    assert 1 == result.exit_code
    assert result.stdout.startswith(
        "403 bad: the token is good, but the route asks for all of: collection tag\n"
        'WWW-Authenticate: Bearer realm="check", error="insufficient_scope", '
    )


def test_an_expired_token(check: Check, path: Path) -> None:
    """The server's own judgement."""
    result = check(add(path, now=lambda: 1.0, lifetime_seconds=1))
    assert (1, "401 bad: it has expired") == (result.exit_code, result.stdout.splitlines()[0])


def test_a_revoked_token(check: Check, path: Path) -> None:
    """With the record that says when."""
    token = add(path)
    SqliteTokenStore(path).revoke_all(subject="alice")
    result = check(token)
    assert (1, "401 bad: it was revoked") == (result.exit_code, result.stdout.splitlines()[0])
    assert "state    revoked" in result.stdout


def test_an_unknown_token(check: Check) -> None:
    """Another store, or purged."""
    token = issue(subject="alice")[0]
    result = check(token)
    expected = "401 bad: no such token in this store: another store, or it was purged"
    assert (1, expected) == (result.exit_code, result.stdout.splitlines()[0])


def test_a_mistyped_token(check: Check, path: Path) -> None:
    """The checksum tells."""
    assert check(add(path)[:-1]).stdout.startswith(
        "401 bad: it looks like one of ours, but its checksum is wrong"
    )


@pytest.mark.parametrize("token", ["two words", b"\xff"])
def test_something_that_is_no_token(check: Check, token: str | bytes) -> None:
    """400, as for a request."""
    result = check(token)
    assert (1, True) == (result.exit_code, result.stdout.startswith("400 bad: "))


def test_the_prefix_is_no_advice_for_what_no_prefix_would_mend(check: Check) -> None:
    """A 400 stays one, however the token begins."""
    expected = "400 bad: the Authorization field is malformed"
    assert check("x y").stdout.lower().startswith(expected.lower())


def test_an_imported_token(check: Check, path: Path) -> None:
    """Found only where the server looks for tokens of any form."""
    token = add(path, prefix="other.")
    assert check(token).stdout.startswith(
        "401 bad: it does not begin with 'bg_': see --prefix, or --any-form"
    )
    assert 0 == check(token, "--any-form").exit_code
    assert 0 == check(token, "--prefix", "other.").exit_code


def test_a_signed_token(check: Check, path: Path) -> None:
    """It is the guard that knows it, and not the store; unless it was imported."""
    signed = sign(access_claims())
    expected = "it looks like a JWT, and check knows the store's tokens alone; for its issuer see --issuer"
    assert f"401 bad: {expected}" == check(f"{signed}\n").stdout.splitlines()[0]
    assert expected == json.loads(check(signed, "--json").stdout)["why"]
    assert check(signed, "--any-form").stdout.startswith("401 bad: no such token in this store")


def test_a_store_that_cannot_answer(check: Check, path: Path) -> None:
    """503 and status 3: neither good nor bad."""
    token = add(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE tokens")
    result = check(token, "--json")
    expected = {
        "status": 503,
        "answer": "cannot tell",
        "why": f"token store: {path} does not have the tables it should have: restore it from a backup",
        "challenge": None,
    }
    assert expected == json.loads(result.stdout)
    assert (3, "") == (result.exit_code, result.stderr)
    assert check(token).stdout.startswith("503 cannot tell: token store: ")


def test_a_scope_that_cannot_be(check: Check) -> None:
    """Wrong usage."""
    assert 2 == check("token", "--scope", "a  b").exit_code


def test_the_made_up_request_has_nothing_but_its_token() -> None:
    """No query, no body, no proxy: the guard asks for none of it."""
    request = _Request("token")
    request.replace_query(b"")
    assert (b"Bearer token",) == request.authorization()
    assert request.field("dpop") is None
    assert not request.has_forwarded_field()
