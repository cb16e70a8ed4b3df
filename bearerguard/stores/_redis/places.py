"""Which Redis a URL means, and how it is named where no password may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from bearerguard.errors import ConfigurationError

Kind = Literal["single", "sentinel", "cluster"]

REDIS_PORT = 6379
SENTINEL_PORT = 26379
EXAMPLE = "redis://user:password@host:6379/0"

# The name in a URL: the kind, and whether it goes over TLS.
_SCHEMES: dict[str, tuple[Kind, bool]] = {
    "redis": ("single", False),
    "rediss": ("single", True),
    "unix": ("single", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
# What may stand behind the question mark. Not what would turn the checks of TLS off.
_TLS_OPTIONS = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile")
_SENTINEL_OPTIONS = ("sentinel_username", "sentinel_password")
_OPTIONS = ("db", *_TLS_OPTIONS, *_SENTINEL_OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One Redis: where it is, and what a connection is made with."""

    kind: Kind
    name: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str | None = None  # of a socket in the file system
    service: str | None = None
    is_tls: bool = False
    database: int = 0
    connection: dict[str, Any] = field(default_factory=dict, repr=False)
    sentinel: dict[str, Any] = field(default_factory=dict, repr=False)


def place_of(url: str) -> Place:
    """Read the URL of a Redis. Raises ConfigurationError, which repeats nothing of it."""
    if not isinstance(url, str):
        raise ConfigurationError(f"RedisTokenStore needs a URL, such as {EXAMPLE}")
    scheme = url.partition(":")[0].lower()
    if scheme not in _SCHEMES:
        raise ConfigurationError(f"RedisTokenStore knows {', '.join(_SCHEMES)} at the beginning of a URL")
    kind, is_tls = _SCHEMES[scheme]
    try:
        parts = urlsplit(url)
        if parts.fragment or (scheme != "unix" and "@" in parts.path):
            raise ValueError("a part of the password")  # else a name would show its beginning as a host
        options = _options_of(parts, kind, is_tls=is_tls)
        if scheme == "unix":
            return _socket(parts, options)
        return _reached(kind, parts, options, is_tls=is_tls)
    except ValueError:  # whose texts repeat parts of the URL, so they are no cause either
        raise ConfigurationError(
            "the URL of a Redis cannot be read: redis://host:6379/0, redis+sentinel://host:26379,host:26379/service/0"
            ", redis+cluster://host:6379,host:6379, unix:///folder/redis.sock"
            "; in its password / must be %2F, # must be %23 and @ must be %40"
        ) from None


def _options_of(parts: SplitResult, kind: Kind, *, is_tls: bool) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    if not options.keys() <= set(_OPTIONS):
        raise ConfigurationError(f"the URL of a Redis may have {', '.join(_OPTIONS)} behind a question mark")
    if not is_tls and options.keys() & set(_TLS_OPTIONS):
        raise ConfigurationError("the URL of a Redis has options of TLS, so it must begin with rediss")
    missing = [name for name in _TLS_OPTIONS if name in options and not Path(options[name]).exists()]
    if missing:
        raise ConfigurationError(f"the URL of the store names a file that is not there: {missing[0]}=")
    if kind != "sentinel" and options.keys() & set(_SENTINEL_OPTIONS):
        raise ConfigurationError("the URL has options of Sentinel, so it must begin with redis+sentinel")
    return options


def _socket(parts: SplitResult, options: dict[str, str]) -> Place:
    path = unquote(parts.path)
    if not path or (parts.hostname is not None and "@" not in parts.netloc):
        raise ValueError("no path")
    return Place(
        kind="single",
        name=f"redis at {path}",
        path=path,
        database=int(options.get("db", 0)),
        connection=_credentials(parts),
    )


def _reached(kind: Kind, parts: SplitResult, options: dict[str, str], *, is_tls: bool) -> Place:
    default_port = SENTINEL_PORT if kind == "sentinel" else REDIS_PORT
    hosts = tuple(_host(text, default_port) for text in parts.netloc.rpartition("@")[2].split(","))
    segments = [unquote(segment) for segment in parts.path.strip("/").split("/") if segment]
    service = segments.pop(0) if kind == "sentinel" and segments else None
    if kind == "single" and len(hosts) > 1:
        raise ConfigurationError("several hosts are for redis+sentinel or redis+cluster")
    if kind == "sentinel" and service is None:
        raise ConfigurationError("the URL names no service: redis+sentinel://host:26379/service/0")
    if len(segments) > 1:
        raise ValueError("too many segments")
    database = int(options.get("db", segments[0] if segments else 0))
    if kind == "cluster" and database != 0:
        raise ConfigurationError("a Redis Cluster has no databases: leave the number out of the URL")
    tls = {name: options[name] for name in _TLS_OPTIONS if name in options}
    return Place(
        kind=kind,
        name=_name_of(kind, hosts, service, database),
        hosts=hosts,
        service=service,
        is_tls=is_tls,
        database=database,
        connection=_credentials(parts) | tls,
        sentinel={
            name.removeprefix("sentinel_"): options[name] for name in _SENTINEL_OPTIONS if name in options
        }
        | tls,
    )


def _host(text: str, default_port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("no host")
    return parts.hostname, default_port if parts.port is None else parts.port


def _credentials(parts: SplitResult) -> dict[str, Any]:
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    given = {"username": unquote(user), "password": unquote(password)}
    return {name: value for name, value in given.items() if value}


def _name_of(kind: Kind, hosts: tuple[tuple[str, int], ...], service: str | None, database: int) -> str:
    where = ",".join(f"{host}:{port}" for host, port in hosts)
    if kind == "sentinel":
        return f"redis service {service}/{database} of the sentinels at {where}"
    return f"redis cluster at {where}" if kind == "cluster" else f"redis at {where}/{database}"
