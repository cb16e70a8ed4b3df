"""Open the store that a text names: a path or a URL. The one place that knows which class it means.

SqliteTokenStore    tokens.db, /srv/tokens.db
SqlTokenStore       postgresql://, mysql://, mariadb://, sqlite:///
RedisTokenStore     redis://, rediss://, unix://, redis+sentinel://, redis+cluster://; ?prefix= is its own
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import TokenAdministration

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_MISTYPED = re.compile(r"(.*(//|:/)|[^/]*:).*@", re.DOTALL)  # what may be a URL, with a password in it
_REDIS = re.compile(r"(redis|rediss|unix)(\+.+)?")
_SQL = ("postgresql", "postgres", "mysql", "mariadb", "sqlite")


def open_store(text: str, *, create: bool = False, last_used: bool = True) -> TokenAdministration:
    """Open the store at this path or URL; with `create` make its file or its tables where there are none.

    With `last_used` it remembers when a guard has let its tokens pass.

    Raises ConfigurationError, which names the cure and repeats no password, and Unavailable.
    """
    scheme = scheme_of(text)
    if scheme is None:
        from bearerguard.stores.sqlite import SqliteTokenStore

        return SqliteTokenStore(text, create=create, last_used=last_used)
    if is_redis(scheme):
        return _redis(text, last_used=last_used)
    return _sql(text, create=create, last_used=last_used)


def upgrade_store(text: str) -> tuple[int | None, int | None]:
    """Bring a store's tables to the newest version; from which and to which. None: it has none.

    Of several who try at once one does it. Raises ConfigurationError, Unavailable.
    """
    scheme = scheme_of(text)
    if scheme is None:
        return _upgrade_file(text)
    if is_redis(scheme):
        state = _redis(text, last_used=False).state()
        return state.version, state.newest_version
    try:
        from bearerguard.stores._sql.command import upgrade_database
    except ImportError as error:
        raise _missing("sql") from error
    return upgrade_database(text)


def scheme_of(text: str) -> str | None:
    """Give what a URL begins with; None for a path. Raises ConfigurationError for what we do not know."""
    match = _SCHEME.match(text)
    if match is None:
        if _MISTYPED.match(text):
            raise ConfigurationError("a token store is a path, or a URL that begins as in postgresql://")
        return None
    scheme = match[1].lower()
    if not is_redis(scheme) and scheme.partition("+")[0] not in _SQL:
        raise ConfigurationError(
            f"a token store is a path, or a URL of {', '.join(_SQL)} or redis: see docs/stores.md"
        )
    return scheme


def is_redis(scheme: str) -> bool:
    """Tell whether such a URL is one of Redis, in any of its arrangements."""
    return _REDIS.fullmatch(scheme) is not None


def _sql(url: str, *, create: bool, last_used: bool) -> TokenAdministration:
    try:
        from bearerguard.stores.sql import SqlTokenStore
    except ImportError as error:
        raise _missing("sql") from error
    return SqlTokenStore(url, create=create, last_used=last_used)


def _redis(url: str, *, last_used: bool) -> TokenAdministration:
    try:
        from bearerguard.stores.redis import RedisTokenStore
    except ImportError as error:
        raise _missing("redis") from error
    url, prefix = _without_prefix(url)
    if prefix is None:
        return RedisTokenStore(url, last_used=last_used)
    return RedisTokenStore(url, prefix=prefix, last_used=last_used)


def _without_prefix(url: str) -> tuple[str, str | None]:
    """Take `?prefix=...` out: it is ours, and no setting of a connection."""
    head, _, query = url.partition("?")
    settings = query.split("&") if query else []
    prefixes = [one.removeprefix("prefix=") for one in settings if one.startswith("prefix=")]
    others = "&".join(one for one in settings if not one.startswith("prefix="))
    return f"{head}?{others}" if others else head, unquote(prefixes[-1]) if prefixes else None


def _upgrade_file(path: str) -> tuple[int | None, int | None]:
    from bearerguard.stores._sqlite.schema import repair
    from bearerguard.stores._sqlite.state import version_of_file
    from bearerguard.stores._sqlite.writer import session
    from bearerguard.stores.sqlite import SqliteTokenStore

    before = version_of_file(Path(path).absolute())
    state = SqliteTokenStore(path).state()
    if state.version != state.newest_version:
        raise Unavailable(f"token store: {state.name} cannot be changed at the moment")
    with session(Path(path).absolute()) as connection:
        repair(connection)
    return before, state.version


def _missing(extra: str) -> ConfigurationError:
    return ConfigurationError(
        f"this store needs packages that are not installed: pip install 'bearerguard[{extra}]'"
    )
