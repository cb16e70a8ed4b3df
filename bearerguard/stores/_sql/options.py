"""Check what stands behind the question mark of a database's URL, before a driver fails by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL

from bearerguard.errors import ConfigurationError

# What the drivers of both colours know, but what would turn the checks of TLS off.
MYSQL_OPTIONS = ("ssl_ca", "ssl_capath", "ssl_cert", "ssl_cipher", "ssl_key", "unix_socket")
FILES = ("sslcert", "sslkey", "sslrootcert", "ssl_ca", "ssl_capath", "ssl_cert", "ssl_key")
NO_FILE = "system"  # as libpq has it: the CAs of the machine


def check_options(kind: str, url: URL) -> None:
    """Raise ConfigurationError for an option that nobody knows, and for a file that is not there."""
    if kind == "mysql" and not url.query.keys() <= set(MYSQL_OPTIONS):
        raise ConfigurationError(f"the URL of a MySQL may have {', '.join(MYSQL_OPTIONS)} as options")
    if kind == "postgresql":
        _check_names(url)
    for name in FILES:
        if name in url.query:
            check_file(name, url.query[name])


def check_file(name: str, path: str | Sequence[str]) -> None:
    """Raise ConfigurationError where there is no file that an option names."""
    if path != NO_FILE and not (isinstance(path, str) and Path(path).exists()):
        raise ConfigurationError(f"the URL of the store names a file that is not there: {name}=")


def _check_names(url: URL) -> None:
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import make_conninfo
    except ImportError:
        return  # which is said when it is to connect
    try:
        make_conninfo(**dict.fromkeys(url.query, "1"))
    except ProgrammingError:  # whose text repeats what was taken for a name, so it is no cause either
        raise ConfigurationError(
            "the URL has an option that PostgreSQL does not know: "
            "a setting of libpq, such as sslmode=, is what may stand behind a question mark"
        ) from None
