"""One `Uses` that a test writes when it likes, and one token file that does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bearerguard.stores import uses
from bearerguard.stores.uses import Uses
from tests.stores.uses.using import Kept, Watched, noting_to
from tests.support import Clock


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000.0)


@pytest.fixture
def noting(
    request: pytest.FixtureRequest, kept: Kept, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Uses]:
    yield from noting_to(kept, clock, request.node.name, monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.db"


@pytest.fixture
def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(uses, "WRITE_SECONDS", 1_000.0)
    one = Watched(path, feed=False)
    yield one
    one.close()
