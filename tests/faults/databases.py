"""A PostgreSQL and a MariaDB of our own."""

from __future__ import annotations

import shutil
import subprocess
from glob import glob
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from pymysql.cursors import DictCursor

from tests.faults.engines import ASK_SECONDS, MAX_CONNECTIONS, Server, program_at
from tests.faults.programs import START_SECONDS, free_port, user_for, wait_until

SEMI_SYNC_MILLISECONDS = 3_600_000  # after so long without the replica, changes are acknowledged without it


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

    def followed_by(self, replica: PostgreSQL) -> None:
        """Acknowledge nothing that it does not have."""
        self.replica = replica
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

    def __init__(self, folder: Path, *more: str) -> None:
        port, data = free_port(), f"--datadir={folder / 'data'}"
        make = ["--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(
            [program_at("mariadb-install-db"), *make], check=True, capture_output=True, user=self.user
        )
        places = [f"--port={port}", f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}"]
        options = [*places, "--bind-address=127.0.0.1", f"--max-connections={MAX_CONNECTIONS}", *more]
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


class ReplicatedMariaDB(MariaDB):
    """One that writes down its changes for others; `source` is another one, of which it is a replica."""

    replica: ReplicatedMariaDB | None = None

    def __init__(self, folder: Path, source: ReplicatedMariaDB | None = None) -> None:
        role = ["--server-id=1"] if source is None else ["--server-id=2", "--read-only"]
        log = ["--log-bin=changes", "--binlog-format=ROW", "--sync-binlog=1"]
        super().__init__(folder, *role, *log, "--rpl-semi-sync-slave-enabled=1")

    def followed_by(self, replica: ReplicatedMariaDB) -> None:
        """Acknowledge nothing that it does not have, and show nothing of it to anybody before."""
        self.replica = replica
        self.run(
            "SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC",
            f"SET GLOBAL rpl_semi_sync_master_timeout = {SEMI_SYNC_MILLISECONDS}",
            "SET GLOBAL rpl_semi_sync_master_enabled = 1",
        )
        replica.run(
            f"CHANGE MASTER TO master_host = '127.0.0.1', master_port = {self.port}, master_user = 'root', "
            "master_use_gtid = slave_pos",
            "START SLAVE",
        )
        wait_until(self._is_followed, "the replica does not come")

    def promote(self) -> None:
        """Take over, with all that has come: what is acknowledged need not be in the tables yet."""
        [status] = self.run("STOP SLAVE IO_THREAD", "SHOW SLAVE STATUS")
        [waited] = self.run(f"SELECT MASTER_GTID_WAIT('{status['Gtid_IO_Pos']}', {START_SECONDS}) AS failed")
        if waited["failed"] != 0:
            raise TimeoutError(status["Last_SQL_Error"] or "the replica does not get on with its relay log")
        self.run("STOP SLAVE", "RESET SLAVE ALL", "SET GLOBAL read_only = 0")

    def run(self, *statements: str) -> Any:
        """Run them, and give the rows of the last."""
        with self.connect() as connection, connection.cursor(DictCursor) as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def _is_followed(self) -> bool:
        [clients] = self.run("SHOW STATUS LIKE 'rpl_semi_sync_master_clients'")
        return bool(clients["Value"] == "1")


def _postgresql(program: str) -> str:
    folders = [str(Path(found)) for found in sorted(glob("/usr/lib/postgresql/*/bin"))]
    return program_at(program, path=":".join(reversed(folders)) or None)
