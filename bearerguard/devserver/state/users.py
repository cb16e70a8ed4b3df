"""Keep the users who can log in."""

from __future__ import annotations

import sqlite3

from bearerguard.devserver.records import User
from bearerguard.devserver.state.file import StateFile
from bearerguard.errors import ConfigurationError

_COLUMNS = "name, password_hash, email, created_at"
_GRANTS_OF = "(SELECT grant_id FROM devserver_grants WHERE user = ?)"
# What hangs on a user goes too, and nobody of the same name inherits the applications.
_REMOVE = (
    "UPDATE devserver_applications SET owner = NULL WHERE owner = ?",
    f"DELETE FROM devserver_access_tokens WHERE grant_id IN {_GRANTS_OF}",  # noqa: S608 - constants only
    f"DELETE FROM devserver_refresh_tokens WHERE grant_id IN {_GRANTS_OF}",  # noqa: S608
    f"DELETE FROM devserver_codes WHERE grant_id IN {_GRANTS_OF}",  # noqa: S608
    "DELETE FROM devserver_grants WHERE user = ?",
    "DELETE FROM devserver_users WHERE name = ?",
)


class Users:
    """The table of users."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def add(self, user: User) -> None:
        """Keep a user. Raises ConfigurationError where the name is taken."""
        with self._file.transaction() as connection:
            try:
                connection.execute(
                    f"INSERT INTO devserver_users ({_COLUMNS}) VALUES (?, ?, ?, ?)",  # noqa: S608 - constants only
                    (user.name, user.password_hash, user.email, user.created_at),
                )
            except sqlite3.IntegrityError as error:
                raise ConfigurationError("there is a user of this name already: choose another") from error

    def find(self, name: str) -> User | None:
        """Give a user, None where there is none of this name."""
        row = self._file.row(f"SELECT {_COLUMNS} FROM devserver_users WHERE name = ?", name)  # noqa: S608
        return None if row is None else _user_of(row)

    def all(self) -> list[User]:
        """Give all users, by name."""
        return [
            _user_of(row)
            for row in self._file.rows(f"SELECT {_COLUMNS} FROM devserver_users ORDER BY name")  # noqa: S608
        ]

    def change_password(self, name: str, password_hash: str) -> bool:
        """Keep another password; False where there is no such user. Raises Unavailable."""
        statement = "UPDATE devserver_users SET password_hash = ? WHERE name = ?"
        return self._file.change(statement, password_hash, name) == 1

    def remove(self, name: str) -> bool:
        """Forget a user with all grants, and revoke all tokens; False where there was nothing of this name.

        Raises Unavailable, and then asking again does what is left.
        """
        with self._file.transaction() as connection:
            counts = [connection.execute(statement, (name,)).rowcount for statement in _REMOVE]
        # After the grants are gone no new token can join one, so these are all.
        revoked = self._file.store.revoke_all(subject=name)
        return counts[-1] == 1 or revoked > 0


def _user_of(row: tuple[str, str, str | None, float]) -> User:
    name, password_hash, email, created_at = row
    return User(name, password_hash=password_hash, email=email, created_at=created_at)
