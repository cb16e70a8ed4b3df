"""`bearerguard token revoke -` with a token that somebody else has issued."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bearerguard import FirstMatch, RevokedTokens, StoredTokens
from bearerguard.cli import main
from bearerguard.stores import TokenRecord, digest_of, issue
from bearerguard.stores.revocations import key_of_token
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.cli.test_tokens import Command
from tests.signing import claiming, sign
from tests.support import START, WsgiEdge
from tests.verifiers.jwt_attacks_forms import encrypted
from tests.verifiers.verifying import PASSED, Api, refused


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.db"
    SqliteTokenStore(path).close()
    return path


@pytest.fixture
def command(path: Path) -> Command:
    def run(*arguments: str, stdin: str = "") -> Any:
        return CliRunner().invoke(main, arguments, input=stdin, env={"BEARERGUARD_STORE": str(path)})

    return run


def test_a_guard_with_this_store_refuses_it_from_then_on(command: Command, path: Path) -> None:
    """A second time there is nothing left to do."""
    store = SqliteTokenStore(path, create=False)
    api = Api(WsgiEdge(), around=lambda jwt: RevokedTokens(jwt, store))
    token = sign()
    assert PASSED == api.outcome(token)
    assert "Revoked 1 token.\n" == command("token", "revoke", "-", stdin=f"{token}\n").stdout
    assert refused("revoked") == api.outcome(token)
    assert {"revoked": 0} == json.loads(command("token", "revoke", "-", "--json", stdin=token).stdout)
    assert PASSED == api.outcome(claiming(jti="another"))


@pytest.mark.parametrize(
    ("exp", "expected"),
    [
        (START + 5, START + 5 + 86_400),
        (..., None),
        ("x", None),
        (True, None),
        (None, None),
        (-1, None),
        (9e10, 9e10 + 86_400),
        (1e11 - 5, None),
        (1e11, None),
        (1e300, None),
    ],
)
def test_it_is_kept_for_as_long_as_the_token_may_be_good(
    command: Command, path: Path, exp: Any, expected: float | None
) -> None:
    """A day longer than it says, or for ever where that cannot be told."""
    token = claiming(exp=exp)
    assert 0 == command("token", "revoke", "-", stdin=token).exit_code
    record = SqliteTokenStore(path, create=False).find(key_of_token(token.encode()))
    assert record is not None
    assert (expected, None) == (record.expires_at, record.revoked_at)


def test_list_and_show_call_it_revoked(command: Command) -> None:
    """Which it is, and not active; no user or client is made up from what nobody has verified."""
    token = sign()
    command("token", "revoke", "-", stdin=token)
    [line] = command("token", "list", "--state", "revoked").stdout.splitlines()[1:]
    name = digest_of(token).hex()[:16]
    assert ["revoked", "1970-01-13T14:46Z", "-", "-", "-"] == line.split()[1:6]
    assert line.endswith(f"(revokes the token {name})")
    assert 1 == len(command("token", "list", "--state", "active").stdout.splitlines())
    shown = command("token", "show", "-", stdin=token).stdout
    assert ("state    revoked", True) == (
        shown.splitlines()[1],
        f"label    revokes the token {name}" in shown,
    )
    as_json = json.loads(command("token", "show", "-", "--json", stdin=token).stdout)
    assert ("revoked", None, None) == (as_json["state"], as_json["user"], as_json["client"])
    assert as_json["revoked_at"] == as_json["issued_at"]
    assert shown == command("token", "show", as_json["id"]).stdout


def test_a_revocation_is_not_revoked(command: Command, path: Path) -> None:
    """That would let a purge forget it while its token is still good."""
    token = sign()
    command("token", "revoke", "-", stdin=token)
    digest = key_of_token(token.encode())
    result = command("token", "revoke", digest.hex()[:16])
    assert (1, "Error: this is a revocation already, and ends by itself\n") == (
        result.exit_code,
        result.stderr,
    )
    record = SqliteTokenStore(path, create=False).find(digest)
    assert record is not None
    assert record.revoked_at is None


def test_a_jwt_that_was_imported_is_revoked_in_both_ways(command: Command, path: Path) -> None:
    """Whoever accepts it, by its record or by its signature."""
    store = SqliteTokenStore(path, create=False)
    token = sign()
    store.add(TokenRecord(digest_of(token), "alice", issued_at=1.0, expires_at=None))
    jwt_first = Api(WsgiEdge(), around=lambda jwt: FirstMatch([RevokedTokens(jwt, store)]))
    stored_only = Api(WsgiEdge(), around=lambda _: StoredTokens(store, prefix=None))
    assert [PASSED, PASSED] == [jwt_first.outcome(token), stored_only.outcome(token)]
    assert "Revoked 1 token.\n" == command("token", "revoke", "-", stdin=token).stdout
    assert [refused("revoked")] * 2 == [jwt_first.outcome(token), stored_only.outcome(token)]


@pytest.mark.parametrize("token", ["bg_unknown", "opaque", "a.b.c", "eyJ.eyJ.x", next(encrypted()), "ü.ü.ü"])
def test_what_is_no_jwt_is_not_revoked(command: Command, path: Path, token: str) -> None:
    """A typing error must not pass for done."""
    result = command("token", "revoke", "-", stdin=token)
    assert (1, "Error: no token has such an ID\n") == (result.exit_code, result.stderr)
    assert [] == list(SqliteTokenStore(path, create=False).records())


def test_a_typing_error_beside_it_stops_everything(command: Command, path: Path) -> None:
    """All are found before the first is revoked."""
    assert 1 == command("token", "revoke", "-", "00000000", stdin=sign()).exit_code
    assert [] == list(SqliteTokenStore(path, create=False).records())


def test_a_token_of_our_own_is_revoked_as_ever(command: Command, path: Path) -> None:
    """In its record."""
    token, record = issue(subject="alice")
    SqliteTokenStore(path, create=False).add(record)
    assert "Revoked 1 token.\n" == command("token", "revoke", "-", stdin=token).stdout
    [found] = SqliteTokenStore(path, create=False).records()
    assert found.revoked_at is not None
