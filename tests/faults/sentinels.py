"""A Redis with two replicas, and three sentinels that choose another primary when it is gone."""

from __future__ import annotations

from pathlib import Path

import redis

from tests.faults.engines import program_at
from tests.faults.programs import Program, free_port, wait_until
from tests.faults.redis_server import Redis

SERVICE = "guard"
REPLICAS, SENTINELS, QUORUM = 2, 3, 2
DOWN_MILLISECONDS = 1_000  # after so long without an answer the primary is taken for gone


class Sentinels:
    """All of them, in the place of one server."""

    name = "redis"
    failures = Redis.failures

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        first = Redis(self._place("primary"))
        self.port = first.port
        self._servers = [first]
        for number in range(REPLICAS):
            place = self._place(f"replica-{number}")
            self._servers.append(Redis(place, replicaof=f"127.0.0.1 {first.port}"))
        self._ports = [free_port() for _ in range(SENTINELS)]
        self._programs = [self._sentinel(port) for port in self._ports]

    def url(self, _port: int) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"redis+sentinel://{hosts}/{SERVICE}/0"

    def start(self) -> None:
        for server in self._servers:
            server.start()
        wait_until(lambda: self._replicas() == REPLICAS, "the replicas do not come")
        for program in self._programs:
            program.start()
        wait_until(self._know_each_other, "the sentinels do not find each other")

    def kill(self) -> None:
        for program in (*self._programs, *(server.program for server in self._servers)):
            program.kill()

    def primary(self) -> Redis:
        """Give the one that most sentinels hold for it. Raises StopIteration."""
        named = [self._named_by(port) for port in self._ports]
        return next(server for server in self._servers if named.count(server.port) >= QUORUM)

    def wait_for_another(self, gone: Redis) -> None:
        def is_there() -> bool:
            named = [self._named_by(port) for port in self._ports]
            return any(named.count(one.port) >= QUORUM for one in self._servers if one is not gone)

        wait_until(is_there, "no other primary is chosen")

    def _place(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir()
        return place

    def _sentinel(self, port: int) -> Program:
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {self.folder}",
            f"sentinel monitor {SERVICE} 127.0.0.1 {self.port} {QUORUM}",
            f"sentinel down-after-milliseconds {SERVICE} {DOWN_MILLISECONDS}",
            f"sentinel failover-timeout {SERVICE} 5000",
        ]
        settings = self.folder / f"sentinel-{port}.conf"
        settings.write_text("\n".join(lines) + "\n")
        command = [program_at("redis-server"), str(settings), "--sentinel"]
        return Program(command, self.folder / f"sentinel-{port}.log")

    def _named_by(self, port: int) -> int:
        with redis.Redis(port=port) as client:
            named = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return int(named[1])

    def _know_each_other(self) -> bool:
        try:
            return all(self._others_known_to(port) == SENTINELS - 1 for port in self._ports)
        except redis.RedisError:
            return False

    def _others_known_to(self, port: int) -> int:
        with redis.Redis(port=port) as client:
            return len(client.execute_command("SENTINEL", "SENTINELS", SERVICE))

    def _replicas(self) -> int:
        with redis.Redis(port=self.port) as client:
            facts = client.info("replication")
        return sum(facts.get(f"slave{number}", {}).get("state") == "online" for number in range(REPLICAS))
