"""What a failure of Redis means: an outage, or a mistake of whoever gave the URL."""

from __future__ import annotations

import ssl

from redis import exceptions, sentinel
from redis.asyncio import sentinel as async_sentinel

from bearerguard.breaker import Inconclusive, Unreachable
from bearerguard.errors import Unavailable
from bearerguard.stores._turns import NoTurn

FAILURES = (exceptions.RedisError, exceptions.RedisClusterException, OSError, TimeoutError)

# How the answers of a server begin, and what they say; redis-py takes the first word of some away.
_ANSWERS: tuple[tuple[type[BaseException], str], ...] = (
    (sentinel.MasterNotFoundError, "has no primary that the sentinels know"),
    (async_sentinel.MasterNotFoundError, "has no primary that the sentinels know"),
    (exceptions.BusyLoadingError, "is reading its tokens from disk"),
    (exceptions.ReadOnlyError, "only lets read: it is a replica"),
    (exceptions.OutOfMemoryError, "has no memory left"),
    (exceptions.MasterDownError, "is a replica that has lost its primary"),
    (exceptions.ClusterDownError, "is a cluster that is not whole"),
    (exceptions.TryAgainError, "is a cluster that is being rearranged"),
    (exceptions.MovedError, "is a cluster: give its URL as redis+cluster://"),
    (exceptions.AskError, "is a cluster that is being rearranged"),
    (exceptions.NoPermissionError, "does not let this user do what the store needs"),
    (exceptions.AuthenticationError, "does not know this user or this password"),
    (exceptions.AuthorizationError, "does not know this user or this password"),
    (
        exceptions.MaxConnectionsError,
        "has no free connection in the pool: pool_size= sets how many there are",
    ),
)
_WORDS = (
    ("BEARERGUARD", "has a record that this bearerguard did not write"),
    ("WRONGTYPE", "has something else under the key of a token: prefix= sets another place"),
    ("MISCONF", "takes no changes, since it cannot write to disk"),
    ("NOREPLICAS", "takes no changes, since it has too few replicas"),
    ("Authentication required", "asks for a password"),
    ("WRONGPASS", "does not know this user or this password"),
    ("max number of clients", "has no connection left for us"),
    ("DB index is out of range", "has no database of this number"),
    ("invalid DB index", "has no database of this number"),
    ("Protocol Error", "does not answer as a Redis does"),
    ("cluster support disabled", "is not a cluster: give its URL as redis://"),
    ("Cluster mode is not enabled", "is not a cluster: give its URL as redis://"),
    ("'SENTINEL'", "is no Sentinel: give its URL as redis://"),
    ("NOPERM", "does not let this user do what the store needs"),
)
# What will not pass by itself, so that it is said at once when a store is built.
_PERMANENT = frozenset(
    {
        "does not let this user do what the store needs",
        "does not know this user or this password",
        "asks for a password",
        "has no database of this number",
        "does not answer as a Redis does",
        "is not a cluster: give its URL as redis://",
        "is a cluster: give its URL as redis+cluster://",
        "is no Sentinel: give its URL as redis://",
        "has a certificate that is not trusted: ssl_ca_certs= names the file of a CA",
    }
)


def unavailable(name: str, error: BaseException) -> Unavailable:
    """Turn what redis-py or the network said into an outage; nothing of its text is repeated."""
    kind = Inconclusive if isinstance(error, NoTurn) else Unreachable
    return kind(f"token store: {name} {what_is_wrong(error)}")


def is_permanent(error: BaseException) -> bool:
    """Tell whether this will be so until somebody changes the URL or the server."""
    return what_is_wrong(error) in _PERMANENT


def is_stale(error: BaseException) -> bool:
    """Tell whether the server, or another in its place, may answer on a new connection."""
    return isinstance(
        error, exceptions.ConnectionError | exceptions.ReadOnlyError | OSError
    ) and not isinstance(error, exceptions.BusyLoadingError | exceptions.AuthenticationError | TimeoutError)


def what_is_wrong(error: BaseException) -> str:
    """Say it in words of our own."""
    if isinstance(error, NoTurn):
        return "has no free connection in the pool: pool_size= sets how many there are"
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return "has a certificate that is not trusted: ssl_ca_certs= names the file of a CA"
        if isinstance(one, TimeoutError | exceptions.TimeoutError):
            return "took too long"
        for word, meaning in _WORDS:
            if word in str(one):
                return meaning
        for kind, meaning in _ANSWERS:
            if isinstance(one, kind):
                return meaning
    return "failed" if isinstance(error, exceptions.ResponseError) else "cannot be reached"


def _chain(error: BaseException | None) -> list[BaseException]:
    """Give an error and those that led to it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
