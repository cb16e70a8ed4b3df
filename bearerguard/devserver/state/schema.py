"""What the tables look like; of codes, refresh tokens, client secrets and passwords they hold hashes."""

from __future__ import annotations

VERSION = 1

# The first is also the mark by which we know a store that we have made.
TABLES: tuple[str, ...] = (
    "CREATE TABLE devserver (version INTEGER NOT NULL)",
    """
    CREATE TABLE devserver_users (
        name TEXT NOT NULL PRIMARY KEY,
        password_hash TEXT NOT NULL,
        email TEXT,
        created_at REAL NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE devserver_applications (
        client_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        installed INTEGER NOT NULL,
        redirect_uris TEXT NOT NULL,
        scopes TEXT,
        secret_digest BLOB,
        owner TEXT,
        created_at REAL NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE devserver_grants (
        grant_id TEXT NOT NULL PRIMARY KEY,
        user TEXT NOT NULL,
        client_id TEXT NOT NULL,
        scopes TEXT NOT NULL,
        offline INTEGER NOT NULL,
        created_at REAL NOT NULL,
        revoked_at REAL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX devserver_grants_of ON devserver_grants (user, client_id)",
    """
    CREATE TABLE devserver_codes (
        digest BLOB NOT NULL PRIMARY KEY,
        grant_id TEXT NOT NULL,
        client_id TEXT NOT NULL,
        redirect_uri TEXT,
        challenge TEXT,
        challenge_method TEXT,
        expires_at REAL NOT NULL,
        used_at REAL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE devserver_refresh_tokens (
        digest BLOB NOT NULL PRIMARY KEY,
        grant_id TEXT NOT NULL,
        issued_at REAL NOT NULL,
        revoked_at REAL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE devserver_access_tokens (
        digest BLOB NOT NULL PRIMARY KEY,
        grant_id TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX devserver_access_tokens_of ON devserver_access_tokens (grant_id)",
)
