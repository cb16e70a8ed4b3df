"""Keep what users have allowed, and the codes and tokens that came of it."""

from __future__ import annotations

from typing import Any

from bearerguard.devserver.records import Code, Grant, RefreshToken
from bearerguard.devserver.state.file import StateFile

_GRANT = "grant_id, user, client_id, scopes, offline, created_at, revoked_at"
_CODE = "digest, grant_id, client_id, redirect_uri, challenge, challenge_method, expires_at, used_at"
_REFRESH = "digest, grant_id, issued_at, revoked_at"
_IS_ALIVE = "SELECT 1 FROM devserver_grants WHERE grant_id = ? AND revoked_at IS NULL"
_USE_CODE = "UPDATE devserver_codes SET used_at = ? WHERE digest = ? AND used_at IS NULL"
_REPLACE = "UPDATE devserver_refresh_tokens SET revoked_at = ? WHERE digest = ? AND revoked_at IS NULL"
_ADD_ACCESS_TOKEN = "INSERT INTO devserver_access_tokens (digest, grant_id) VALUES (?, ?)"


class Grants:
    """The tables of grants, codes and tokens; the access tokens themselves are in the token store."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def add(self, grant: Grant, code: Code | None = None) -> None:
        """Keep what a user has allowed, with the code that the application gets for it."""
        with self._file.transaction() as connection:
            connection.execute(
                f"INSERT INTO devserver_grants ({_GRANT}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
                (
                    grant.grant_id,
                    grant.user,
                    grant.client_id,
                    " ".join(sorted(grant.scopes)),
                    grant.offline,
                    grant.created_at,
                    grant.revoked_at,
                ),
            )
            if code is not None:
                connection.execute(
                    f"INSERT INTO devserver_codes ({_CODE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                    (
                        code.digest,
                        code.grant_id,
                        code.client_id,
                        code.redirect_uri,
                        code.challenge,
                        code.challenge_method,
                        code.expires_at,
                        code.used_at,
                    ),
                )

    def find(self, grant_id: str) -> Grant | None:
        """Give a grant, a revoked one too."""
        row = self._file.row(f"SELECT {_GRANT} FROM devserver_grants WHERE grant_id = ?", grant_id)  # noqa: S608
        return None if row is None else _grant_of(row)

    def of(self, user: str, client_id: str) -> list[Grant]:
        """Give what a user has allowed an application and not taken back."""
        rows = self._file.rows(
            f"SELECT {_GRANT} FROM devserver_grants WHERE user = ? AND client_id = ? AND revoked_at IS NULL",  # noqa: S608
            user,
            client_id,
        )
        return [_grant_of(row) for row in rows]

    def find_code(self, digest: bytes) -> Code | None:
        """Give a code, a used or expired one too."""
        row = self._file.row(f"SELECT {_CODE} FROM devserver_codes WHERE digest = ?", digest)  # noqa: S608
        if row is None:
            return None
        digest, grant_id, client_id, redirect_uri, challenge, method, expires_at, used_at = row
        return Code(
            digest,
            grant_id,
            client_id=client_id,
            redirect_uri=redirect_uri,
            challenge=challenge,
            challenge_method=method,
            expires_at=expires_at,
            used_at=used_at,
        )

    def find_refresh_token(self, digest: bytes) -> RefreshToken | None:
        """Give a refresh token, a revoked one too."""
        row = self._file.row(f"SELECT {_REFRESH} FROM devserver_refresh_tokens WHERE digest = ?", digest)  # noqa: S608
        if row is None:
            return None
        digest, grant_id, issued_at, revoked_at = row
        return RefreshToken(digest, grant_id, issued_at=issued_at, revoked_at=revoked_at)

    def add_tokens(
        self,
        grant_id: str,
        *,
        access_token: bytes,
        refresh_token: RefreshToken | None = None,
        code: bytes | None = None,
        replaces: bytes | None = None,
        at: float,
    ) -> bool:
        """Keep new tokens of a grant, and use up the code, or the refresh token that the new one replaces.

        All of it in one transaction: of several who try at once with one code, one is told True. False, and
        nothing is kept, where the grant is revoked or the code or the old refresh token used. The access
        token has to be in the token store before: a grant that ends meanwhile revokes it there.
        """
        with self._file.transaction() as connection:
            if not connection.execute(_IS_ALIVE, (grant_id,)).fetchone():
                return False
            for statement, used in ((_USE_CODE, code), (_REPLACE, replaces)):
                if used is not None and connection.execute(statement, (at, used)).rowcount != 1:
                    return False
            connection.execute(_ADD_ACCESS_TOKEN, (access_token, grant_id))
            if refresh_token is not None:
                connection.execute(
                    f"INSERT INTO devserver_refresh_tokens ({_REFRESH}) VALUES (?, ?, ?, ?)",  # noqa: S608
                    (refresh_token.digest, grant_id, refresh_token.issued_at, refresh_token.revoked_at),
                )
            return True

    def of_access_token(self, digest: bytes) -> Grant | None:
        """Give the grant that an access token came of; None for a token without a user, or none of ours."""
        row = self._file.row("SELECT grant_id FROM devserver_access_tokens WHERE digest = ?", digest)
        return None if row is None else self.find(row[0])

    def revoke(self, grant_id: str, *, at: float) -> None:
        """End a grant with all its tokens; once more does what a failure left undone. Raises Unavailable."""
        with self._file.transaction() as connection:
            for table in ("devserver_grants", "devserver_refresh_tokens"):
                connection.execute(
                    f"UPDATE {table} SET revoked_at = ? WHERE grant_id = ? AND revoked_at IS NULL",  # noqa: S608
                    (at, grant_id),
                )
        # After the grant is over no new token can join it, so these are all.
        for (digest,) in self._file.rows(
            "SELECT digest FROM devserver_access_tokens WHERE grant_id = ?", grant_id
        ):
            self._file.store.revoke(digest)


def _grant_of(row: tuple[Any, ...]) -> Grant:
    grant_id, user, client_id, scopes, offline, created_at, revoked_at = row
    return Grant(
        grant_id,
        user,
        client_id,
        scopes=frozenset(scopes.split()),
        offline=bool(offline),
        created_at=created_at,
        revoked_at=revoked_at,
    )
