"""A Redis of our own, which has on disk what it acknowledges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.faults.engines import MAX_CONNECTIONS, Server, program_at
from tests.faults.programs import free_port

# It holds the server, and nobody may end it since it writes.
_BUSY = """
redis.call('SET', KEYS[1], 1)
local function now() local t = redis.call('TIME') return t[1] + t[2] / 1e6 end
local over = now() + ARGV[1]
while now() < over do end
return redis.call('DEL', KEYS[1])
"""


class Redis(Server):
    """One that has on disk what it acknowledges."""

    name = "redis"
    failures = (redis.RedisError,)
    user = None

    def __init__(self, folder: Path, **more: object) -> None:
        port = free_port()
        settings = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": folder,
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxclients": MAX_CONNECTIONS,
            **more,
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        super().__init__(folder, [program_at("redis-server"), *options], port, self.user)

    def url(self, port: int) -> str:
        return f"redis://127.0.0.1:{port}/0"

    def connect(self) -> Any:
        client = redis.Redis(
            port=self.port, socket_timeout=60, single_connection_client=True, retry=Retry(NoBackoff(), 0)
        )
        client.ping()
        return client

    def slow_query(self, seconds: float) -> None:
        with self.connect() as client:
            client.eval(_BUSY, 1, "busy", seconds)
