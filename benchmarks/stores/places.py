"""Places of a measurement's own on servers that run already; nothing of them is left at the end.

The servers are those of this machine on their usual ports, or what the environment says in PGHOST, PGPORT,
MYSQL_TCP_PORT and REDIS_URL.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import redis

POSTGRESQL: dict[str, Any] = {
    "host": os.environ.get("PGHOST", "127.0.0.1"),
    "port": int(os.environ.get("PGPORT", "5432")),
    "user": "postgres",
}
MARIADB: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": int(os.environ.get("MYSQL_TCP_PORT", "3306")),
    "user": "root",
}
REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
START_SECONDS = 10.0
DELETED_AT_ONCE = 1_000


def _own_name() -> str:
    return f"bearerguard_{os.getpid()}_{secrets.token_hex(4)}"


@contextmanager
def postgresql() -> Iterator[str]:
    """Make a database; its name."""
    name = _own_name()
    with psycopg.connect(**POSTGRESQL, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield name
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def mariadb() -> Iterator[str]:
    """Make a database; its name."""
    name = _own_name()
    with pymysql.connect(**MARIADB, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            connection.ping(reconnect=True)
            connection.cursor().execute(f"DROP DATABASE {name}")


def url_of(kind: str, name: str) -> str:
    """Give what SqlTokenStore takes."""
    server = POSTGRESQL if kind == "postgresql" else MARIADB
    return f"{kind}://{server['user']}@{server['host']}:{server['port']}/{name}"


@contextmanager
def redis_prefix() -> Iterator[str]:
    """Give a prefix that nobody else has on the Redis of this machine."""
    prefix = f"{_own_name()}:"
    with redis.Redis.from_url(REDIS) as client:
        client.ping()
        try:
            yield prefix
        finally:
            keys = list(client.scan_iter(match=f"{prefix}*", count=DELETED_AT_ONCE))
            for at in range(0, len(keys), DELETED_AT_ONCE):
                client.delete(*keys[at : at + DELETED_AT_ONCE])


@contextmanager
def own_redis() -> Iterator[str]:
    """Run a Redis that keeps nothing on disk; its URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("redis-server is not installed (on Debian and Ubuntu: apt install redis-server)")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = subprocess.Popen([program, *settings, "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            wait_until(redis.Redis(port=port).ping, redis.ConnectionError)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


def wait_until(works: Callable[[], object], *failures: type[Exception]) -> None:
    """Try until it no longer fails, for a while."""
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            works()
        except failures:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
        else:
            return


def free_bytes(folder: Path) -> int:
    """Give what a disk has room for."""
    return shutil.disk_usage(folder).free
