"""A million tokens, beside the bare sqlite3 calls, in one run: import, file size, cold look-ups.

    python benchmarks/million_tokens.py [--tokens N]

Ends with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bearerguard.cli.importing import import_file
from bearerguard.stores.sqlite import SqliteTokenStore

IMPORT_BAR = 0.3  # at least, of the speed of one executemany
SIZE_BAR_BYTES = 300.0  # a token, indexes included
READ_BAR = 2.0  # at most, times the bare point read

LOOK_UPS = 20_000
TOKENS_PER_USER = 3
APPLICATIONS = 200
SCOPES = ("tag rating", "profile", "profile email tag", "collection")

INSERT = (
    "INSERT INTO tokens (digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
SELECT = (
    "SELECT digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label"
    " FROM tokens WHERE digest = ?"
)
Row = tuple[bytes, str, str, str, float, float, None, None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return report(Path(folder), arguments.tokens)


def report(folder: Path, tokens: int) -> int:
    texts, rows = sample(tokens)
    source = folder / "tokens.csv"
    write_csv(source, texts, rows)
    bare = timed(lambda: import_bare(folder / "bare.db", rows))
    store = SqliteTokenStore(folder / "tokens.db")
    ours = timed(lambda: import_file(store, source, "csv"))
    size = (folder / "tokens.db").stat().st_size / tokens
    bare_size = (folder / "bare.db").stat().st_size / tokens
    plain, found = look_ups(folder / "tokens.db", [row[0] for row in rows])
    results = [
        (
            "import, µs a token",
            1e6 * ours / tokens,
            1e6 * bare / tokens,
            bare / ours,
            bare / ours >= IMPORT_BAR,
        ),
        ("file, bytes a token", size, bare_size, size / bare_size, size < SIZE_BAR_BYTES),
    ]
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        mine, theirs = quantile(found, share) / 1e3, quantile(plain, share) / 1e3
        results.append((f"look-up {name}, µs", mine, theirs, mine / theirs, mine / theirs <= READ_BAR))
    print(f"{tokens:,} tokens, SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}")
    print(f"{'':22} {'bearerguard':>12} {'bare sqlite3':>13} {'ratio':>7}   bar")
    bars = (f"speed >= {IMPORT_BAR}", f"< {SIZE_BAR_BYTES:.0f}", f"<= {READ_BAR}", f"<= {READ_BAR}")
    for (name, mine, theirs, ratio, holds), bar in zip(results, bars, strict=True):
        print(f"{name:22} {mine:12.2f} {theirs:13.2f} {ratio:7.2f}   {bar} {'ok' if holds else 'MISSED'}")
    return 0 if all(holds for *_, holds in results) else 1


def sample(tokens: int) -> tuple[list[str], list[Row]]:
    """Make tokens of a foreign form and the rows that they become."""
    choose = random.Random(6750)  # noqa: S311 - the same tokens in every run; nobody accepts them
    now = time.time()
    texts = [f"{choose.getrandbits(256):064x}" for _ in range(tokens)]
    users = max(1, tokens // TOKENS_PER_USER)
    return texts, [
        (
            hashlib.sha256(text.encode()).digest(),
            f"user-{choose.randrange(users):07d}",
            f"client-{choose.randrange(APPLICATIONS)}",
            choose.choice(SCOPES),
            now,
            float(int(now) + choose.randrange(1, 7_776_000)),
            None,
            None,
        )
        for text in texts
    ]


def write_csv(path: Path, texts: list[str], rows: list[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("token", "user", "client", "scopes", "expires", "label"))
        for text, row in zip(texts, rows, strict=True):
            writer.writerow((text, row[1], row[2], row[3], int(row[5]), ""))


def import_bare(path: Path, rows: list[Row]) -> None:
    """One executemany into the same schema, with the same settings as the store's own writer."""
    SqliteTokenStore(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{64 * 1024}")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def look_ups(path: Path, digests: list[bytes]) -> tuple[list[int], list[int]]:
    """Nanoseconds of bare point reads and of the store's, in turn, on the same file."""
    choose = random.Random(9110)  # noqa: S311
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    store = SqliteTokenStore(path, create=False)
    tell = time.perf_counter_ns
    plain, found = [], []
    for _ in range(LOOK_UPS):
        one, other = choose.choice(digests), choose.choice(digests)
        started = tell()
        connection.execute(SELECT, (one,)).fetchone()
        between = tell()
        record = store.find(other)
        ended = tell()
        assert record is not None
        plain.append(between - started)
        found.append(ended - between)
    connection.close()
    store.close()
    return plain, found


def quantile(values: list[int], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
