"""How often a request hashes its token: the dearest single step of a warm one.

To change a number here is a decision, and made as `test_calls.py` says.
"""

from __future__ import annotations

import hashlib
import sys
from contextlib import nullcontext
from typing import Any

import pytest

from tests.perf.counting import PACKAGE
from tests.perf.scenes import Scene, each_scene


class Hashed:
    """Stands for `hashlib.sha256`, and notes what each digest was made of."""

    def __init__(self) -> None:
        self.digested: list[bytes] = []

    def __call__(self, content: bytes = b"", **options: Any) -> Hashing:
        return Hashing(self, content, options)


class Hashing:
    def __init__(self, hashed: Hashed, content: bytes, options: dict[str, Any]) -> None:
        self._hashed = hashed
        self._content = content
        self._real = hashlib.sha256(content, **options)

    def update(self, content: bytes) -> None:
        self._content += content
        self._real.update(content)

    def digest(self) -> bytes:
        self._hashed.digested.append(self._content)
        return self._real.digest()

    def hexdigest(self) -> str:
        return self.digest().hex()


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    """In place of sha256 wherever the package has imported it."""
    found = Hashed()
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == PACKAGE]
    for module in modules:
        for variable, value in list(vars(module).items()):
            if value is hashlib.sha256:
                monkeypatch.setattr(module, variable, found)
    return found


@each_scene
def test_a_request_hashes_its_token_and_nothing_else(kind: str, edge: str, hashed: Hashed) -> None:
    """Every byte of it once, however the token came: for the look-up."""
    scene = Scene(kind, edge)
    hashed.digested.clear()
    scene.edge.once(nullcontext())
    assert [scene.token.encode()] == hashed.digested
