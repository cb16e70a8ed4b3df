"""What a Redis says of itself: whether it is one that can keep tokens, and what it forgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from redis import exceptions

from bearerguard.errors import ConfigurationError
from bearerguard.stores._redis.places import Place

ADVICE = "`appendonly yes` and `appendfsync always` lose nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of the server, or of all primaries of a cluster, the worst."""

    server: str
    run_ids: tuple[str, ...]
    durability: str
    is_durable: bool
    warnings: tuple[str, ...]


def facts_of(client: Any, place: Place) -> Facts:
    """Ask for all of it. Raises what redis-py raises, and ConfigurationError for what keeps no tokens."""
    nodes = [_Node(info, settings) for info, settings in _asked(client)]
    for node in nodes:
        _check_kind(place, node.info)
    weakest = min(nodes, key=lambda node: node.strength)
    words = dict.fromkeys(word for node in nodes for word in node.warnings())
    return Facts(
        server=_server(nodes[0].info),
        run_ids=run_ids_of([node.info for node in nodes]),
        durability=weakest.durability,
        is_durable=weakest.strength == ALWAYS,
        warnings=tuple(words),
    )


def run_ids(client: Any) -> tuple[str, ...]:
    """Give what names the running servers: a server that was restarted, or another one, has another."""
    return run_ids_of([client.info("server", **target) for target in _targets(client)])


def run_ids_of(infos: list[dict[str, Any]]) -> tuple[str, ...]:
    """Give the same of answers that are there already."""
    return tuple(sorted(str(info.get("run_id")) for info in infos))


def _targets(client: Any) -> list[dict[str, Any]]:
    if hasattr(client, "get_primaries"):  # it is a cluster's
        return [{"target_nodes": node} for node in client.get_primaries()]
    return [{}]


def _asked(client: Any) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    for target in _targets(client):
        info = client.info(**target)
        settings: dict[str, str] = {}
        try:
            for pattern in ("append*", "save"):
                settings |= client.config_get(pattern, **target)
        except exceptions.ResponseError:  # who rents a Redis out often forbids the question
            settings = {}
        yield info, settings


NOTHING, SNAPSHOTS, UNKNOWN, SECOND, ALWAYS = range(5)
_DURABILITY = {
    NOTHING: "appendonly=no, save=''",
    SNAPSHOTS: "appendonly=no",
    UNKNOWN: "appendonly unknown",
    SECOND: "appendonly=yes, not appendfsync=always",
    ALWAYS: "appendonly=yes, appendfsync=always",
}
_LOSSES = {
    NOTHING: f"keeps nothing on disk: a restart forgets every token and every revocation; {ADVICE}",
    SNAPSHOTS: f"is not append-only: a crash forgets the changes of some minutes, revocations too; {ADVICE}",
    SECOND: f"writes to disk now and then: a power cut forgets the last changes, revocations too; {ADVICE}",
}


@dataclass(frozen=True, slots=True)
class _Node:
    info: dict[str, Any]
    settings: dict[str, str]

    @property
    def strength(self) -> int:
        if self.settings:
            if self.settings.get("appendonly") == "yes":
                return ALWAYS if self.settings.get("appendfsync") == "always" else SECOND
            return SNAPSHOTS if self.settings.get("save") else NOTHING
        if "aof_enabled" not in self.info:
            return UNKNOWN
        return UNKNOWN if self.info["aof_enabled"] else SNAPSHOTS

    @property
    def durability(self) -> str:
        return _DURABILITY[self.strength]

    def warnings(self) -> Iterator[str]:
        if self.strength in _LOSSES:
            yield _LOSSES[self.strength]
        policy = self.info.get("maxmemory_policy", "noeviction")
        if self.info.get("maxmemory") and policy != "noeviction":
            yield (
                f"may throw away tokens and revocations when its memory is full (maxmemory-policy {policy}): "
                "`maxmemory-policy noeviction` refuses new ones instead"
            )


def _check_kind(place: Place, info: dict[str, Any]) -> None:
    if "sentinel" in (info.get("redis_mode"), info.get("server_mode")):  # the latter is Valkey's
        raise ConfigurationError(f"{place.name} is a sentinel: redis+sentinel://host:26379/service/0")
    if info.get("cluster_enabled") and place.kind != "cluster":
        raise ConfigurationError(f"{place.name} is a node of a cluster: redis+cluster://host:6379")


def _server(info: dict[str, Any]) -> str:
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info.get('redis_version', '')}".strip()
