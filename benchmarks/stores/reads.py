"""The point read of a token as a driver itself does it, over one connection that is open already."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncmy
import psycopg
import pymysql
import redis
import redis.asyncio

from benchmarks.stores.places import MARIADB, POSTGRESQL

Read = Callable[[bytes], Any]
AsyncRead = Callable[[bytes], Awaitable[Any]]

_COLUMNS = "digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label"
SELECT = f"SELECT {_COLUMNS} FROM bearerguard_tokens WHERE digest = %s"  # noqa: S608 - constants only


@contextmanager
def postgresql(name: str) -> Iterator[Read]:
    """psycopg: the driver prepares the statement by itself after some executions, as for the store."""
    with psycopg.connect(**POSTGRESQL, dbname=name, autocommit=True) as connection:
        yield lambda digest: connection.execute(SELECT, (digest,)).fetchone()


@asynccontextmanager
async def apostgresql(name: str) -> AsyncIterator[AsyncRead]:
    async with await psycopg.AsyncConnection.connect(
        **POSTGRESQL, dbname=name, autocommit=True
    ) as connection:

        async def read(digest: bytes) -> Any:
            return await (await connection.execute(SELECT, (digest,))).fetchone()

        yield read


@contextmanager
def mariadb(name: str) -> Iterator[Read]:
    with pymysql.connect(**MARIADB, database=name, autocommit=True) as connection:

        def read(digest: bytes) -> Any:
            with connection.cursor() as cursor:
                cursor.execute(SELECT, (digest,))
                return cursor.fetchone()

        yield read


@asynccontextmanager
async def amariadb(name: str) -> AsyncIterator[AsyncRead]:
    async with asyncmy.connect(**MARIADB, db=name, autocommit=True) as connection:

        async def read(digest: bytes) -> Any:
            async with connection.cursor() as cursor:
                await cursor.execute(SELECT, (digest,))
                return await cursor.fetchone()

        yield read


@contextmanager
def sqlite(path: Path, table: str) -> Iterator[Read]:
    statement = f"SELECT {_COLUMNS} FROM {table} WHERE digest = ?"  # noqa: S608 - one of two constants
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield lambda digest: connection.execute(statement, (digest,)).fetchone()
    finally:
        connection.close()


@contextmanager
def redis_get(url: str, prefix: bytes) -> Iterator[Read]:
    """redis-py's client, as anybody uses it."""
    with redis.Redis.from_url(url) as client:
        yield lambda digest: client.get(prefix + digest)


@asynccontextmanager
async def aredis_get(url: str, prefix: bytes) -> AsyncIterator[AsyncRead]:
    async with redis.asyncio.Redis.from_url(url) as client:
        yield lambda digest: client.get(prefix + digest)


@contextmanager
def redis_connection(url: str, prefix: bytes) -> Iterator[Read]:
    """redis-py's connection without its client and pool, for which there is no promise."""
    pool = redis.ConnectionPool.from_url(url)
    connection = pool.get_connection()

    def read(digest: bytes) -> Any:
        connection.send_command("GET", prefix + digest)
        return connection.read_response()

    yield read
    pool.disconnect()


@asynccontextmanager
async def aredis_connection(url: str, prefix: bytes) -> AsyncIterator[AsyncRead]:
    pool = redis.asyncio.ConnectionPool.from_url(url)
    connection = await pool.get_connection()

    async def read(digest: bytes) -> Any:
        await connection.send_command("GET", prefix + digest)
        return await connection.read_response()

    yield read
    await pool.disconnect()
