"""End the servers of a test run that was itself ended before it could, as a cancelled one is.

A process of its own: it reads `+GROUP` and `-GROUP` for each group of processes that begins and ends,
and acts when there is nothing more to read, since whoever wrote is gone then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Keeper:
    """The process that knows what is running."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def note(self, sign: str, group: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{sign}{group}\n".encode())
        self._process.stdin.flush()


@contextmanager
def keeping() -> Iterator[Keeper]:
    """Run a keeper, in a session of its own so that what ends the tests does not end it too."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        yield Keeper(process)


def end_what_is_left(lines: Iterable[str]) -> None:
    groups: set[int] = set()
    for line in lines:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    end_what_is_left(sys.stdin)
