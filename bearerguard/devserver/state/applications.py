"""Keep the applications that are registered."""

from __future__ import annotations

import json
from typing import Any

from bearerguard.devserver.records import Application
from bearerguard.devserver.state.file import StateFile

_COLUMNS = "client_id, name, kind, installed, redirect_uris, scopes, secret_digest, owner, created_at"
_SELECT = f"SELECT {_COLUMNS} FROM devserver_applications"  # noqa: S608 - constants only
_INSERT = f"INSERT INTO devserver_applications ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
# What hangs on an application goes with it; its access tokens the store revokes.
_REMOVE = (
    "DELETE FROM devserver_access_tokens WHERE grant_id IN"
    " (SELECT grant_id FROM devserver_grants WHERE client_id = ?)",
    "DELETE FROM devserver_refresh_tokens WHERE grant_id IN"
    " (SELECT grant_id FROM devserver_grants WHERE client_id = ?)",
    "DELETE FROM devserver_codes WHERE client_id = ?",
    "DELETE FROM devserver_grants WHERE client_id = ?",
    "DELETE FROM devserver_applications WHERE client_id = ?",
)


class Applications:
    """The table of applications."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def add(self, application: Application) -> None:
        """Keep an application."""
        self._file.change(
            _INSERT,
            application.client_id,
            application.name,
            application.kind,
            application.installed,
            json.dumps(application.redirect_uris),
            None if application.scopes is None else " ".join(sorted(application.scopes)),
            application.secret_digest,
            application.owner,
            application.created_at,
        )

    def find(self, client_id: str) -> Application | None:
        """Give an application, None where none has this id."""
        row = self._file.row(f"{_SELECT} WHERE client_id = ?", client_id)
        return None if row is None else _application_of(row)

    def all(self, *, owner: str | None = None) -> list[Application]:
        """Give all applications or those of one user, the oldest first."""
        where, values = ("", ()) if owner is None else ("WHERE owner = ?", (owner,))
        rows = self._file.rows(f"{_SELECT} {where} ORDER BY created_at, client_id", *values)
        return [_application_of(row) for row in rows]

    def remove(self, client_id: str) -> bool:
        """Forget an application and revoke all its tokens; False where there was nothing of this id.

        Raises Unavailable, and then asking again does what is left.
        """
        with self._file.transaction() as connection:
            counts = [connection.execute(statement, (client_id,)).rowcount for statement in _REMOVE]
        # Afterwards: who keeps a token looks whether the application is there still, so each of the two
        # that meet in this moment sees what the other has done.
        revoked = self._file.store.revoke_all(client_id=client_id)
        return counts[-1] == 1 or revoked > 0


def _application_of(row: tuple[Any, ...]) -> Application:
    client_id, name, kind, installed, redirect_uris, scopes, secret_digest, owner, created_at = row
    return Application(
        client_id,
        name,
        kind=kind,
        installed=bool(installed),
        redirect_uris=tuple(json.loads(redirect_uris)),
        scopes=None if scopes is None else frozenset(scopes.split()),
        secret_digest=secret_digest,
        owner=owner,
        created_at=created_at,
    )
