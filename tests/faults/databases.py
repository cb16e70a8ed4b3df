"""A PostgreSQL and a MariaDB of our own."""

from __future__ import annotations

import shutil
import subprocess
from glob import glob
from pathlib import Path
from typing import Any

import psycopg
import pymysql

from tests.faults.engines import ASK_SECONDS, MAX_CONNECTIONS, Server, program_at
from tests.faults.programs import free_port, user_for


class PostgreSQL(Server):
    """`source` is another one, of which it is a replica."""

    name = "postgresql"
    failures = (psycopg.Error,)
    replica: PostgreSQL | None = None
    user = user_for("postgres") if shutil.which("initdb") or glob("/usr/lib/postgresql/*/bin") else None

    def __init__(self, folder: Path, source: PostgreSQL | None = None) -> None:
        port, data = free_port(), str(folder / "data")
        if source is None:
            self._run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
        else:
            self._run(
                "pg_basebackup", "-R", "-h", "127.0.0.1", "-p", str(source.port), "-U", "postgres", "-D", data
            )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "max_connections": MAX_CONNECTIONS,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        super().__init__(folder, [_postgresql("postgres"), "-D", data, *options], port, self.user)

    def url(self, port: int) -> str:
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", autocommit=True, connect_timeout=ASK_SECONDS
        )

    def slow_query(self, seconds: float) -> None:
        with self.connect() as connection, connection.transaction():
            connection.execute("LOCK TABLE bearerguard_tokens IN ACCESS EXCLUSIVE MODE")
            connection.execute("SELECT pg_sleep(%s)", (seconds,))

    def follow(self) -> None:
        """Acknowledge nothing that the replica does not have."""
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        with self.connect() as connection:
            connection.execute("SELECT pg_promote()")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([_postgresql(program), *arguments], check=True, capture_output=True, user=self.user)


class MariaDB(Server):
    """With a database named guard."""

    name = "mariadb"
    failures = (pymysql.Error,)
    user = user_for("mysql") if shutil.which("mariadbd") else None

    def __init__(self, folder: Path) -> None:
        port, data = free_port(), f"--datadir={folder / 'data'}"
        make = ["--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(
            [program_at("mariadb-install-db"), *make], check=True, capture_output=True, user=self.user
        )
        places = [f"--port={port}", f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}"]
        options = [*places, "--bind-address=127.0.0.1", f"--max-connections={MAX_CONNECTIONS}"]
        super().__init__(folder, [program_at("mariadbd"), "--no-defaults", data, *options], port, self.user)

    def url(self, port: int) -> str:
        return f"mariadb://root@127.0.0.1:{port}/guard"

    def start(self) -> None:
        super().start()
        with self.connect() as connection:
            connection.cursor().execute("CREATE DATABASE IF NOT EXISTS guard")

    def connect(self) -> Any:
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            autocommit=True,
            connect_timeout=ASK_SECONDS,
            read_timeout=60,
        )

    def slow_query(self, seconds: float) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLES guard.bearerguard_tokens WRITE")
            cursor.execute("SELECT SLEEP(%s)", (seconds,))


def _postgresql(program: str) -> str:
    folders = [str(Path(found)) for found in sorted(glob("/usr/lib/postgresql/*/bin"))]
    return program_at(program, path=":".join(reversed(folders)) or None)
