"""Turn lines of CSV and JSON into records, quickly; a message never repeats what a line says."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from typing import Any, TextIO

from bearerguard.stores import MAX_KEPT_SCOPE_SETS, TokenRecord
from bearerguard.wire.scope import parse_scopes

COLUMNS = ("token", "sha256", "user", "client", "scopes", "expires", "label")
NAMES = "token or sha256, user, client, scopes, expires, label"
MAX_LINE_CHARACTERS = 1_048_576  # a file without line ends is not a list of tokens

_SENDABLE = re.compile(r"[\x21-\x7e]+")
# What a message may name when it is wrong; whatever else a line holds may be a token.
_NAME_ELSEWHERE = re.compile(
    r"access_token|client_(id|name)|(created|expires|issued|revoked)_at|description|digest|email|exp|"
    r"expires_in|expiry|hash|id|name|note|owner|scope|sha-256|sub|subject|user_?(id|name)"
)
_HEX_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


class BadRow(Exception):
    """A line that cannot become a token; the text says why, without repeating it."""


class CsvRows:
    """The rows of a CSV file with a header, as records."""

    def __init__(self, file: TextIO, issued_at: float) -> None:
        self._reader = csv.reader(file, strict=True)
        self._issued_at = issued_at

    @property
    def line(self) -> int:
        """The line that was read last."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[TokenRecord]:
        try:
            width, pick = _columns(next(self._reader, []))
            issued_at = self._issued_at
            for row in self._reader:
                if len(row) == width:
                    row.append("")
                    yield record_of(issued_at, *pick(row))
                elif row:
                    raise BadRow(f"has {len(row)} values, the header {width}")
        except csv.Error as error:
            raise BadRow(f"is not CSV ({error})") from error


class JsonRows:
    """The lines of a file that are JSON objects each, as records."""

    def __init__(self, file: TextIO, issued_at: float) -> None:
        self._file = file
        self._issued_at = issued_at
        self.line = 0

    def __iter__(self) -> Iterator[TokenRecord]:
        while True:
            self.line += 1
            text = self._file.readline(MAX_LINE_CHARACTERS)
            if not text:
                return
            if not text.isspace():
                yield record_of(self._issued_at, *_members(text))


def record_of(
    issued_at: float,
    token: str | None,
    digest: str | None,
    user: str | None,
    client: str | None,
    scopes: str | None,
    expires: str | float | None,
    label: str | None,
) -> TokenRecord:
    """Make a record of seven values, each of which may be empty. Raises BadRow."""
    if not user and not client:
        raise BadRow("names neither a user nor a client")
    try:
        return TokenRecord(
            _digest(token, digest),
            user or None,
            client_id=client or None,
            scopes=_scopes(scopes or ""),
            issued_at=issued_at,
            expires_at=None if expires in (None, "") else _instant(expires),
            label=label or None,
        )
    except ValueError as error:
        raise BadRow(f"cannot be imported: {error}") from error


def _digest(token: str | None, digest: str | None) -> bytes:
    if bool(token) == bool(digest):
        raise ValueError("give the token or its sha256, one of the two")
    if token:
        if _SENDABLE.fullmatch(token) is None:
            raise ValueError("the token has characters that no request can carry")
        return sha256(token.encode("ascii")).digest()
    if digest is None or _HEX_DIGEST.fullmatch(digest) is None:
        raise ValueError("sha256 must be 64 hexadecimal digits")
    return bytes.fromhex(digest)


@lru_cache(MAX_KEPT_SCOPE_SETS)
def _scopes(text: str) -> frozenset[str]:
    return frozenset(parse_scopes(text))


def _instant(text: str | float | None) -> float:
    try:
        return float(text or 0)
    except OverflowError:
        raise ValueError("expires must be Unix seconds or ISO 8601") from None
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError("expires must be Unix seconds or ISO 8601") from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def _columns(header: list[str]) -> tuple[int, Any]:
    names = [name.strip().lower() for name in header]
    # Not repeated in the message: in a file without a header this line is a token.
    if not {"token", "sha256"} & set(names) or len(set(names)) != len(names) or set(names) - set(COLUMNS):
        raise BadRow(f"must name the columns: {NAMES}{_near_miss(names, 'column')}")
    # A column that is not there is the empty value that every row gets at its end.
    return len(names), itemgetter(*(names.index(name) if name in names else -1 for name in COLUMNS))


def _members(text: str) -> tuple[Any, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRow("is not JSON") from error
    if not isinstance(value, dict) or value.keys() - set(COLUMNS):
        names = [*value] if isinstance(value, dict) else []
        raise BadRow(f"must be a JSON object with these members: {NAMES}{_near_miss(names, 'member')}")
    value["scopes"] = _scope_text(value.get("scopes"))
    for name in COLUMNS:
        kinds = (str, int, float) if name == "expires" else (str,)
        if value.get(name) is not None and type(value[name]) not in kinds:
            raise BadRow(f'has a "{name}" of the wrong type')
    return tuple(value.get(name) for name in COLUMNS)


def _near_miss(names: list[str], kind: str) -> str:
    """Name what is called otherwise elsewhere; anything else may be a secret, and is not repeated."""
    found = next(filter(_NAME_ELSEWHERE.fullmatch, names), None)
    return "" if found is None else f" (no {kind} is called {found!r})"


def _scope_text(scopes: Any) -> Any:
    if isinstance(scopes, list) and all(isinstance(name, str) and " " not in name for name in scopes):
        return " ".join(scopes)
    return scopes
