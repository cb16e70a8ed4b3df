"""Which database a URL means, with which drivers, and how it is named where no password may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import URL, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import ArgumentError

from bearerguard.errors import ConfigurationError
from bearerguard.stores._sql.options import check_options

Kind = Literal["postgresql", "mysql", "sqlite"]

# The name in a URL: the kind, and the drivers of both colours.
_DRIVERS: dict[str, tuple[Kind, str, str]] = {
    "postgresql": ("postgresql", "postgresql+psycopg", "postgresql+psycopg"),
    "postgres": ("postgresql", "postgresql+psycopg", "postgresql+psycopg"),
    "postgresql+psycopg": ("postgresql", "postgresql+psycopg", "postgresql+psycopg"),
    "mysql": ("mysql", "mysql+pymysql", "mysql+asyncmy"),
    "mysql+pymysql": ("mysql", "mysql+pymysql", "mysql+asyncmy"),
    "mariadb": ("mysql", "mariadb+pymysql", "mariadb+asyncmy"),
    "mariadb+pymysql": ("mysql", "mariadb+pymysql", "mariadb+asyncmy"),
    "sqlite": ("sqlite", "sqlite+pysqlite", "sqlite+pysqlite"),
    "sqlite+pysqlite": ("sqlite", "sqlite+pysqlite", "sqlite+pysqlite"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One database: its kind, its URL for either colour, and its name for people."""

    kind: Kind
    blocking: URL
    awaitable: URL
    name: str

    def __repr__(self) -> str:
        return f"Place({self.name!r})"  # URLs hold passwords


def place_of(url: str) -> Place:
    """Read the URL of a database. Raises ConfigurationError, which repeats nothing of it."""
    if not isinstance(url, str):
        raise ConfigurationError("SqlTokenStore needs a URL, such as postgresql://user@host/database")
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):  # whose texts repeat parts of the URL, so they are no cause either
        raise ConfigurationError(
            "SqlTokenStore needs a URL, such as postgresql://user@host/database"
        ) from None
    if parts.drivername not in _DRIVERS:
        raise ConfigurationError(
            f"SqlTokenStore knows {', '.join(_DRIVERS)} at the beginning of a URL, and no other database"
        )
    kind, blocking, awaitable = _DRIVERS[parts.drivername]
    if kind == "sqlite" and parts.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "SqlTokenStore needs a file: sqlite:////folder/tokens.db; MemoryTokenStore keeps tokens in memory"
        )
    if kind != "sqlite" and not parts.database:
        raise ConfigurationError(f"the URL names no database: {kind}://user@host/database")
    if kind != "sqlite" and "@" in f"{parts.host}{parts.database}":  # of a password, and a name is shown
        raise ConfigurationError("in the password of a URL, / must be %2F and @ must be %40")
    check_options(kind, parts)
    return Place(kind, parts.set(drivername=blocking), parts.set(drivername=awaitable), _name_of(kind, parts))


def _name_of(kind: Kind, url: URL) -> str:
    if kind == "sqlite":
        return f"sqlite file {url.database}"
    port = "" if url.port is None else f":{url.port}"
    return f"{kind} at {url.host or 'this machine'}{port}/{url.database}"


def kind_of(dialect: Dialect) -> Kind:
    """Give the kind of database that a dialect is for."""
    return "mysql" if dialect.name == "mariadb" else cast("Kind", dialect.name)
