"""SQLite stores of several sizes: a look-up of ours and a bare point read, on the same files, in turn."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bearerguard.bench.figures import in_turn
from bearerguard.stores.sqlite import SqliteTokenStore
from benchmarks.introspection_shared import quantile
from benchmarks.million_tokens import APPLICATIONS, SELECT, TOKENS_PER_USER
from benchmarks.scenes._scale_cache import OURS, TIMES_THE_SMALLEST
from benchmarks.suite import Measurement, Run

BARE = "bare sqlite3"
AXIS = "tokens in the file"
LOOK_UPS = 1_000  # in a round, for each file and subject
WARM_UP_ROUNDS = 2
PERCENTILES = {"p50": 0.5, "p99": 0.99}
FIRST_HALF = 2**63  # what half a digest is drawn from: integers of SQLite have a sign
FILL = """
    WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :size)
    INSERT INTO tokens (digest, subject, client_id, scopes, issued_at, expires_at)
    SELECT CAST(printf('%016x%016x', n * :step, n) AS BLOB), printf('user-%08d', n / :per_user),
           printf('client-%d', n % :applications), 'tag rating', 1700000000.0, :never
    FROM numbers
"""
NEVER = 4_102_444_800.0  # the first day of 2100


def case_of(percentile: str) -> str:
    return f"a look-up in SQLite, {percentile}"


class File:
    """A token file, and both ways to read it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        path = folder / f"{size}.db"
        SqliteTokenStore(path).close()
        write(path, size)
        self.store = SqliteTokenStore(path, create=False)
        self.connection = sqlite3.connect(path, isolation_level=None)

    def close(self) -> None:
        self.connection.close()
        self.store.close()

    def look_up(self, subject: str, drawing: random.Random) -> list[float]:
        """Microseconds of every look-up of a round."""
        tell, taken = time.perf_counter_ns, []
        for _ in range(LOOK_UPS):
            digest = digest_of(drawing.randrange(self.size), self.size)
            begun = tell()
            found: Any = (
                self.store.find(digest)
                if subject == OURS
                else self.connection.execute(SELECT, (digest,)).fetchone()
            )
            taken.append((tell() - begun) / 1e3)
            assert found is not None
        return taken


def digest_of(number: int, size: int) -> bytes:
    """32 bytes that are as good as a digest, but grow with the number, so that a file is written in order."""
    return b"%016x%016x" % (number * (FIRST_HALF // size), number)


def write(path: Path, size: int) -> None:
    """Fill a file at once, with nothing to fall back to when it fails."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    names = {"size": size, "step": FIRST_HALF // size, "per_user": TOKENS_PER_USER, "never": NEVER}
    connection.execute(FILL, {**names, "applications": APPLICATIONS})
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def measure_store(run: Run) -> Iterator[Measurement]:
    drawing = random.Random(9110)  # noqa: S311 - which tokens come, no secret
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for power in range(3, run.choose(7, 5) + 1):
            if run.may_begin(f"a file of {10**power:,} tokens"):
                run.tell(f"a file of {10**power:,} tokens")
                files.append(File(Path(folder), 10**power))
        if not files:
            return
        look_ups = {
            f"{file.size} {subject}": partial(file.look_up, subject, drawing)
            for file in files
            for subject in (OURS, BARE)
        }
        in_turn(look_ups, WARM_UP_ROUNDS)
        run.tell("look-ups")
        taken = in_turn(look_ups, run.choose(40, 9))
        for file in files:
            file.close()
    for percentile, share in PERCENTILES.items():
        values = {name: tuple(quantile(one, share) for one in rounds) for name, rounds in taken.items()}
        for subject in (OURS, BARE):
            yield from by_size(case_of(percentile), subject, [file.size for file in files], values)


def by_size(
    case: str, subject: str, sizes: list[int], values: dict[str, tuple[float, ...]]
) -> Iterator[Measurement]:
    smallest = values[f"{sizes[0]} {subject}"]
    for size in sizes:
        here = values[f"{size} {subject}"]
        versus = BARE if subject == OURS else None
        times = tuple(value / least for value, least in zip(here, smallest, strict=True))
        measured = partial(Measurement, case=case, subject=subject, at=size, axis=AXIS)
        yield measured(unit=TIMES_THE_SMALLEST, values=times, is_drawn=False)
        yield measured(unit="µs", values=here, versus=versus)
