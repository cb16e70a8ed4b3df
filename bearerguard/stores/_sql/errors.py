"""What a database's failure means: an outage, and whether it says anything about the next question."""

from __future__ import annotations

import sqlalchemy as sa

from bearerguard.breaker import Inconclusive, Unreachable
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores._rows import ForeignRow
from bearerguard.stores._sql.places import Place
from bearerguard.stores._turns import NoTurn

_NO_RIGHT = "does not let this user do that: see its GRANTs"
_NO_TABLE = "has no table of tokens: run `bearerguard store upgrade`"
_NO_COLUMN = "has a table that lacks a column: see `bearerguard store sql`"
_LOCKED = "waited too long for another transaction, which holds what this one wants to change"
# SQLSTATE codes of PostgreSQL; what is not here is only "failed".
_POSTGRESQL = {
    "53300": "has no connection left for us",
    "53100": "has a full disk",
    "57P03": "is starting up",
    "08P01": "was not reached: a pooler in between refuses, and its log says why",
    "57014": "took too long",
    "55P03": _LOCKED,
    "42501": _NO_RIGHT,
    "42P01": _NO_TABLE,
    "42703": _NO_COLUMN,
    "25006": "only lets read",
}
_MYSQL = {
    1040: "has no connection left for us",
    1205: _LOCKED,
    1969: "took too long",  # MariaDB's max_statement_time
    3024: "took too long",  # MySQL's max_execution_time
    2013: "did not answer in time, or has closed the connection",
    1021: "has a full disk",
    1054: _NO_COLUMN,
    1142: _NO_RIGHT,
    1146: _NO_TABLE,
    1290: "only lets read",
    1836: "only lets read",
}


def failures(place: Place) -> tuple[type[Exception], ...]:
    """Give all that a question to this database may raise: SQLAlchemy's, the drivers', the network's."""
    dialects = place.blocking.get_dialect(), place.awaitable.get_dialect(place.kind != "sqlite")
    drivers = {dialect.import_dbapi().Error for dialect in dialects}
    return (sa.exc.SQLAlchemyError, *drivers, OSError, TimeoutError, ForeignRow)


def translated(place: Place, error: BaseException) -> Unavailable | ConfigurationError:
    """Turn a failure into the mistake or the outage that it is."""
    if not _is_about_the_record(error):
        return unavailable(place, error)
    return ConfigurationError(
        f"{place.name} cannot keep this record: PostgreSQL has no texts with the character NUL, "
        "and MySQL none of more than 16 MB"
    )


def unavailable(place: Place, error: BaseException) -> Unavailable:
    """Turn what a driver, a pool or the network said into an outage; nothing of its text is repeated."""
    kind: type[Unavailable] = Unreachable
    if isinstance(error, _OUR_CROWD):
        kind = Inconclusive
    elif isinstance(error, ForeignRow):
        kind = Unavailable  # it did answer
    return kind(f"token store: {place.name} {_what_is_wrong(error)}")


def _what_is_wrong(error: BaseException) -> str:
    if isinstance(error, _OUR_CROWD):
        return "has no free connection in the pool: pool_size= sets how many there are"
    if isinstance(error, ForeignRow):
        return "has a record that this bearerguard did not write"
    if isinstance(error, TimeoutError):
        return "took too long"
    if (said := _said_of_the_url(error)) is not None:
        return said
    if (code := _mysql_code(error)) is not None:
        is_clients = code in _CLIENT_CODES
        return _MYSQL.get(code, "cannot be reached" if is_clients else f"failed (error {code})")
    if (sqlstate := _sqlstate(error)) is not None:
        return _POSTGRESQL.get(sqlstate, f"failed (SQLSTATE {sqlstate})")
    return "cannot be reached"


def _mysql_code(error: BaseException) -> int | None:
    """Give the number of an error of MySQL; its drivers may give an SQLSTATE too, which says less."""
    original = getattr(error, "orig", None) or error
    code = original.args[0] if original.args and not isinstance(original, OSError) else None
    return code if isinstance(code, int) else None


def _sqlstate(error: BaseException) -> str | None:
    return getattr(getattr(error, "orig", None) or error, "sqlstate", None)


_OUR_CROWD = (NoTurn, sa.exc.TimeoutError)  # too many questions of our own say nothing of the database
_CLIENT_CODES = range(2_000, 3_000)  # what MySQL's drivers say, and no server


# What says that a connection is of no use any more, though it was when it was made: the database went
# and may be back.
_STALE_SQLSTATES = ("57P01", "57P02", "08003", "08006")
_STALE_CODES = (0, 2006, 2013, 2055, 4031)


def is_stale(error: BaseException) -> bool:
    """Tell whether the database may answer on a new connection."""
    if (code := _mysql_code(error)) is not None:
        return code in _STALE_CODES
    original = getattr(error, "orig", None) or error
    if not hasattr(original, "sqlstate"):
        return False
    return original.sqlstate is None or original.sqlstate in _STALE_SQLSTATES


def is_deadlock(error: BaseException) -> bool:
    """Tell whether this was ended, and undone, since it and another change waited for each other."""
    return _mysql_code(error) == _DEADLOCK_CODE or _sqlstate(error) == _DEADLOCK_SQLSTATE


_DEADLOCK_CODE, _DEADLOCK_SQLSTATE = 1213, "40P01"


def is_permanent(error: BaseException) -> bool:
    """Tell whether this will be so until somebody changes the URL or the database."""
    return _said_of_the_url(error) is not None or _what_is_wrong(error) in (_NO_RIGHT, _NO_TABLE, _NO_COLUMN)


def _said_of_the_url(error: BaseException) -> str | None:
    code = _mysql_code(error)
    if code in _WRONG_CODES:
        return _NOT_KNOWN
    if code not in _CLIENT_CODES if code is not None else _sqlstate(error) is not None:
        return None  # we are in, and it is about something else
    text = str(getattr(error, "orig", None) or error)
    return next((said for words, said in _WORDS if any(word in text for word in words)), None)


def _is_about_the_record(error: BaseException) -> bool:
    """Tell whether it is the record that cannot be kept (a DataError of PEP 249), and nothing is down."""
    original = getattr(error, "orig", None) or error
    return any(kind.__name__ == "DataError" for kind in type(original).__mro__)


_WRONG_CODES = (1044, 1045, 1049)  # MySQL: no right to it, wrong password, no such database
_NOT_KNOWN = "does not know this user, this password or this database"
_WORDS = (
    (("does not support SSL", "server doesn't support it"), "offers no TLS, which the URL asks for"),
    (
        ("certificate verify failed", "does not match host name"),
        "has a certificate that is not trusted for this host: see the options of TLS in docs/stores.md",
    ),
    (("connection is bad: invalid ",), "has a URL with an option of a wrong value"),
    (("password authentication failed", "does not exist", "no pg_hba.conf entry"), _NOT_KNOWN),
)
