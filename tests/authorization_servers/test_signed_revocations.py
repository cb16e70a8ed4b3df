"""Signed tokens that are taken back before they expire: by whom that can be done, and how soon it counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bearerguard.stores import TokenRecord
from bearerguard.stores.revocations import revocation_of_jti, revocation_of_subject
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.authorization_servers.edge import AS_API, Edge
from tests.authorization_servers.forging import parts_of
from tests.authorization_servers.programs import eventually
from tests.authorization_servers.provider import Provider
from tests.authorization_servers.registered import OPAQUE
from tests.authorization_servers.signing_provider import SigningProvider
from tests.authorization_servers.transcript import Tell

MAX_AGE_SECONDS = 0.2


def test_an_opaque_token_is_revoked_at_the_server(signing: SigningProvider, edge: Edge, tell: Tell) -> None:
    """The cache's max age later it is refused: it is asked about."""
    guard = edge.guard_issuer_from_parts(signing, client=AS_API, max_age_seconds=MAX_AGE_SECONDS)
    token = signing.issue(OPAQUE)
    assert 200 == guard.get(token).status_code
    signing.revoke(token, OPAQUE)
    eventually(lambda: 401 == guard.get(token).status_code, "the revoked token is refused")
    tell("an opaque token, revoked at the server", f"401 {guard.reason()}")
    assert "invalid_token: unknown" == guard.reason()


def test_a_token_of_the_toolkit_is_revoked_there(toolkit: Provider, edge: Edge) -> None:
    """The same, found by the issuer's name."""
    guard = edge.guard_issuer_from_parts(toolkit, client=AS_API, max_age_seconds=MAX_AGE_SECONDS)
    token = toolkit.issue()
    assert 200 == guard.get(token).status_code
    toolkit.revoke(token)
    eventually(lambda: 401 == guard.get(token).status_code, "the revoked token is refused")


def test_signed_tokens_are_revoked_here(
    signing: SigningProvider, edge: Edge, tell: Tell, tmp_path: Path
) -> None:
    """In a store of revocations, by another process: by the command, by `jti`, and all of a subject's."""
    file = tmp_path / "revocations.db"
    SqliteTokenStore(file).close()
    guard = edge.guard_issuer_from_parts(signing, revocations=str(file), max_age_seconds=MAX_AGE_SECONDS)
    other, *revoked = [
        signing.issue(),
        signing.issue(),
        signing.issue(),
        signing.issue_for_user()["access_token"],
    ]
    assert [200] * 4 == [guard.get(token).status_code for token in (other, *revoked)]
    for revoke, token in zip((by_the_command, by_jti, by_subject), revoked, strict=True):
        revoke(file, token)
    for token in revoked:
        eventually(lambda token=token: 401 == guard.get(token).status_code, "the revoked token is refused")
        assert "invalid_token: revoked" == guard.reason()
    tell("signed tokens, revoked here by the command, by jti and by subject", f"401 {guard.reason()}")
    assert 200 == guard.get(other).status_code


def by_the_command(store: Path, token: str) -> None:
    command = [sys.executable, "-m", "bearerguard", "token", "revoke", "--store", str(store), "-"]
    done = subprocess.run(command, input=token, capture_output=True, text=True, check=True)
    assert "Revoked 1 token.\n" == done.stdout


def by_jti(store: Path, token: str) -> None:
    _, claims = parts_of(token)
    _keep(store, revocation_of_jti(claims["iss"], claims["jti"], expires_at=claims["exp"]))


def by_subject(store: Path, token: str) -> None:
    _, claims = parts_of(token)
    later = claims["iat"] + 1
    _keep(store, revocation_of_subject(claims["iss"], claims["sub"], issued_before=later))


def _keep(store: Path, revocation: TokenRecord) -> None:
    opened = SqliteTokenStore(store)
    opened.extend(revocation)
    opened.close()
