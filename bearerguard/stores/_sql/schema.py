"""The table of tokens, its statements, and how it comes to be, in the SQL of each database.

Texts are compared byte by byte everywhere: MySQL would take "Alice" for "alice", and "alice " too, so it
gets bytes. Equality is all that is asked of a subject, so PostgreSQL indexes it by hash, which has no
limit on the length.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

MYSQL_INDEXED_BYTES = 191  # of a subject; two that are equal so far are compared in the row


class Text(sa.types.TypeDecorator[str]):
    """Text of any length that only equals itself."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.MEDIUMBLOB())
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        is_bytes = dialect.name in ("mysql", "mariadb")
        return value.encode() if is_bytes and value is not None else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return value.decode() if isinstance(value, bytes) else value


class Digest(sa.types.TypeDecorator[bytes]):
    """The 32 bytes of a SHA-256."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.BINARY(32))
        return dialect.type_descriptor(sa.LargeBinary())

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes:
        return bytes(value)


metadata = sa.MetaData()

# MySQL may have another engine by default: one without transactions would count what was taken back.
TRANSACTIONAL: dict[str, Any] = {"mysql_engine": "InnoDB", "mariadb_engine": "InnoDB"}

versions = sa.Table(
    "bearerguard_schema", metadata, sa.Column("version", sa.Integer, nullable=False), **TRANSACTIONAL
)

tokens = sa.Table(
    "bearerguard_tokens",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("subject", Text),
    sa.Column("client_id", Text),
    sa.Column("scopes", Text, nullable=False),
    sa.Column("issued_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double),
    sa.Column("revoked_at", sa.Double),
    sa.Column("label", Text),
    sa.Index(
        "bearerguard_tokens_by_subject",
        "subject",
        postgresql_using="hash",
        mysql_length=MYSQL_INDEXED_BYTES,
        mariadb_length=MYSQL_INDEXED_BYTES,
    ),
    mysql_row_format="DYNAMIC",
    mariadb_row_format="DYNAMIC",
    **TRANSACTIONAL,
)

# Apart from the tokens: a use changes nothing that anybody would have to be told.
uses = sa.Table(
    "bearerguard_uses",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("last_used_at", sa.Double, nullable=False),
    **TRANSACTIONAL,
)

point_read = sa.select(tokens).where(tokens.c.digest == sa.bindparam("digest"))
