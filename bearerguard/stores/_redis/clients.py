"""redis-py's clients for one place, in both colours, none of which tries again by itself."""

from __future__ import annotations

from inspect import signature
from typing import Any

from redis import Redis, RedisCluster, cluster, connection
from redis import asyncio as awaitable
from redis.asyncio import cluster as async_cluster
from redis.asyncio import connection as async_connection
from redis.asyncio import retry as async_retry
from redis.backoff import NoBackoff
from redis.retry import Retry

from bearerguard.stores._redis.electing import AsyncSentinels, Sentinels
from bearerguard.stores._redis.places import Place

# With version 3 a server may tell redis-py to wait longer than it was told to here (MIGRATING, FAILING_OVER).
PROTOCOL = 2

# A new connection would tell the server what redis-py is called, and wait for two answers more. Some versions
# take it in two parts.
_TAKES_DRIVER = "driver_info" in signature(connection.AbstractConnection.__init__).parameters
UNNAMED: dict[str, None] = dict.fromkeys(("driver_info",) if _TAKES_DRIVER else ("lib_name", "lib_version"))

# Of each wait: a cluster that has lost a node is asked for its layout, which may end at that node again.
CLUSTER_SHARE = 0.5
SENTINEL_SHARE = 1 / 3

_Node: Any = cluster.ClusterNode


def blocking_client(place: Place, *, connections: int, timeout_seconds: float) -> Any:
    """Make the client for threads; that of a cluster asks for the layout at once."""
    shared: dict[str, Any] = place.connection | {
        "retry": Retry(NoBackoff(), 0),
        "max_connections": connections,
        "protocol": PROTOCOL,
        **UNNAMED,
    }
    if place.kind == "cluster":
        waits = _waits(CLUSTER_SHARE * timeout_seconds)
        # To ask all of them for the layout, in vain, may take as long as one; not what is asked afterwards.
        first = shared | _waits(CLUSTER_SHARE * timeout_seconds / len(place.hosts)) | _tls(place)
        nodes = [_Node(host, port) for host, port in place.hosts]
        for node in nodes:
            node.redis_connection = Redis(host=node.host, port=node.port, **first)
        return RedisCluster(startup_nodes=nodes, **shared | waits | _tls(place))
    if place.kind == "sentinel":
        # To connect to all of them and to hear their two answers may take as long as the server itself.
        waits = _waits(SENTINEL_SHARE * timeout_seconds / len(place.hosts))
        theirs = place.sentinel | _tls(place) | waits | _alike(shared)
        manager = Sentinels(list(place.hosts), sentinel_kwargs=theirs)
        return manager.master_for(
            place.service, db=place.database, **shared | _waits(timeout_seconds) | _tls(place)
        )
    kind = _class_of(place, connection)
    pool = connection.ConnectionPool(kind, **shared | _waits(timeout_seconds) | _where(place))
    return Redis(connection_pool=pool)


def async_client(place: Place, *, connections: int, timeout_seconds: float) -> Any:
    """Make the client for one event loop, where whoever asks limits every wait but that for a sentinel."""
    shared: dict[str, Any] = place.connection | {
        "retry": async_retry.Retry(NoBackoff(), 0),
        "max_connections": connections,
        "protocol": PROTOCOL,
        **UNNAMED,
        **_waits(None),
    }
    if place.kind == "cluster":
        nodes = [async_cluster.ClusterNode(host, port) for host, port in place.hosts]
        return awaitable.RedisCluster(startup_nodes=nodes, **shared | _tls(place))
    if place.kind == "sentinel":
        theirs = place.sentinel | _tls(place) | _waits(SENTINEL_SHARE * timeout_seconds) | _alike(shared)
        manager = AsyncSentinels(list(place.hosts), sentinel_kwargs=theirs)
        return manager.master_for(place.service, db=place.database, **shared | _tls(place))
    kind = _class_of(place, async_connection)
    pool = async_connection.ConnectionPool(kind, **shared | _where(place))
    return awaitable.Redis(connection_pool=pool)


def _alike(shared: dict[str, Any]) -> dict[str, Any]:
    return {name: shared[name] for name in ("retry", "protocol", *UNNAMED)}


def _waits(seconds: float | None) -> dict[str, Any]:
    return {"socket_timeout": seconds, "socket_connect_timeout": seconds}


def _class_of(place: Place, module: Any) -> Any:
    if place.path is not None:
        return module.UnixDomainSocketConnection
    return module.SSLConnection if place.is_tls else module.Connection


def _where(place: Place) -> dict[str, Any]:
    if place.path is not None:
        return {"path": place.path, "db": place.database}
    host, port = place.hosts[0]
    return {"host": host, "port": port, "db": place.database} | _name_check(place)


def _tls(place: Place) -> dict[str, Any]:
    return {"ssl": True} | _name_check(place) if place.is_tls else {}


def _name_check(place: Place) -> dict[str, Any]:
    # Older versions of redis-py do not look at the name in the certificate unless told to.
    return {"ssl_check_hostname": True} if place.is_tls else {}
