"""Scale: many tokens in the cache and in SQLite, and how soon a fresh process answers."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.scenes._aside import measure_aside
from benchmarks.suite import Budget, Measurement, Run

TITLE = "Many tokens, and a fresh start"
EXPLAINS = """
The start: what `import bearerguard` adds to a Python that does nothing, beside the frameworks; and the
time from the start of a fresh process to the first byte of its first answer, with the application bare
and guarded: imports, construction, one request with a token from a store in memory, no server.

SQLite: token files from 1,000 to 10,000,000 tokens, and a look-up by digest, anywhere in the file, by our
store and by a bare point read of sqlite3. The files are written in the order of their digests, which
packs them closer than tokens that come one by one, and they are held in memory by the system: what is
measured is the search, not the disk. The p50 and the p99 are those of 1,000 look-ups a round.

The cache: caches from 1,000 to 1,000,000 tokens, all full at once, and whole warm requests (WSGI, a least
application behind the guard) with tokens from anywhere in them, in processor time. What a token takes
up is what the process grew by while the cache was filled: its key, its entry and the facts of a token of
our own, with one set of scopes for all; a cache of 1,000 is too small to be seen that way.
"""

BUDGET = Budget(quick=16, full=210)


def measure(run: Run) -> Iterator[Measurement]:
    yield from measure_aside("benchmarks.scenes._scale_all", run)
