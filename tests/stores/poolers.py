"""A PgBouncer of a test's own, in front of the PostgreSQL of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.stores.feeding import eventually
from tests.stores.redis_servers import free_port

UNPRIVILEGED = "nobody"  # PgBouncer does not run as root


class Pooler:
    """One that gives out connections to every database, for a session, a transaction or a statement."""

    def __init__(self, port: int) -> None:
        self.port = port

    def through(self, url: str) -> str:
        """Give the URL that goes through it."""
        return url.replace("@127.0.0.1", f"@127.0.0.1:{self.port}")

    def order(self, command: str) -> None:
        """Give it a command, as its administrator."""
        place = f"postgresql://admin@127.0.0.1:{self.port}/pgbouncer"
        with psycopg.connect(place, autocommit=True) as connection:
            psycopg.ClientCursor(connection).execute(command.encode())

    def answers(self) -> bool:
        """Tell whether it does."""
        try:
            self.order("SHOW VERSION")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def pooling(folder: Path, mode: str, **settings: object) -> Iterator[Pooler]:
    """Have one for a while."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        missing = "pgbouncer is not installed, so no pooler is between the store and PostgreSQL"
        pytest.fail(missing) if "CI" in os.environ else pytest.skip(missing)
    port = free_port()
    facts = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "admin_users": "admin",
        "pool_mode": mode,
        **settings,
    }
    file = folder / f"pgbouncer-{port}.ini"
    lines = ["[databases]", "* = host=127.0.0.1 port=5432 user=postgres", "[pgbouncer]"]
    file.write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in facts.items())]) + "\n")
    command = [program, "-q", *(["-u", UNPRIVILEGED] if os.geteuid() == 0 else []), str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            pooler = Pooler(port)
            eventually(pooler.answers)
            yield pooler
        finally:
            process.kill()
