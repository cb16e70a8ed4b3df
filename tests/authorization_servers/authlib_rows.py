"""What the authorization server built on Authlib remembers, in a file of SQLite that outlives its process."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from hmac import compare_digest
from pathlib import Path
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin

from tests.authorization_servers.registered import CLIENTS, SCOPES, Client

TABLES = """
CREATE TABLE clients (client_id TEXT PRIMARY KEY, row TEXT NOT NULL);
CREATE TABLE tokens (access_token TEXT PRIMARY KEY, refresh_token TEXT, row TEXT NOT NULL);
"""


@dataclass
class ClientRow(ClientMixin):
    """A client, as Authlib asks it."""

    client_id: str
    secret: str
    grant: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(one for one in (scope or "").split() if one in SCOPES)

    def check_client_secret(self, client_secret: str) -> bool:
        return compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return True

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == self.grant


@dataclass
class TokenRow(TokenMixin):
    """A token and the refresh token beside it, as Authlib asks it."""

    client_id: str
    access_token: str
    expires_in: int
    token_type: str = "Bearer"
    scope: str = ""
    refresh_token: str | None = None
    username: str | None = None
    issued_at: int = field(default_factory=lambda: int(time.time()))
    is_taken_back: bool = False

    @property
    def expires_at(self) -> int:
        return self.issued_at + self.expires_in

    def check_client(self, client: ClientRow) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() >= self.expires_at

    def is_revoked(self) -> bool:
        return self.is_taken_back


class Rows:
    """The file; a connection for each question, since questions come on many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            with self._open() as database:
                database.executescript(TABLES)
            for one in CLIENTS:
                self.register(one)

    def register(self, client: Client) -> None:
        self._write("INSERT INTO clients VALUES (?, ?)", client.client_id, json.dumps(asdict(client)))

    def find_client(self, client_id: str) -> ClientRow | None:
        row = self._read("SELECT row FROM clients WHERE client_id = ?", client_id)
        return None if row is None else ClientRow(**row)

    def save(self, token: TokenRow) -> None:
        self._write(
            "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)",
            token.access_token,
            token.refresh_token,
            json.dumps(asdict(token)),
        )

    def find_by_access_token(self, token: str) -> TokenRow | None:
        return _token(self._read("SELECT row FROM tokens WHERE access_token = ?", token))

    def find_by_refresh_token(self, token: str) -> TokenRow | None:
        return _token(self._read("SELECT row FROM tokens WHERE refresh_token = ?", token))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path)) as database, database:
            yield database

    def _write(self, statement: str, *values: Any) -> None:
        with self._open() as database:
            database.execute(statement, values)

    def _read(self, statement: str, *values: Any) -> Mapping[str, Any] | None:
        with self._open() as database:
            found = database.execute(statement, values).fetchone()
        return None if found is None else json.loads(found[0])


def _token(row: Mapping[str, Any] | None) -> TokenRow | None:
    return None if row is None else TokenRow(**row)
