"""The authorization server from npm: what becomes of its tests where it cannot be run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authorization_servers import node
from tests.authorization_servers.node import LOCKED, PROJECT


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """What was found before is no part of these tests, nor what they find of others."""
    node._look.cache_clear()
    yield
    node._look.cache_clear()


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


MISSING = "the authorization server from npm cannot be run: Node.js and npm are not installed"


def test_without_node_they_are_skipped_with_the_reason(
    no_node: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the suite runs on a machine that has Python only."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception) as skipped:
        node.find_node()
    assert MISSING == skipped.value.msg


def test_without_node_they_fail_in_ci(no_node: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is never run would show nothing."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception) as failed:
        node.find_node()
    assert MISSING == failed.value.msg


@pytest.fixture
def old_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Programs of these names, of which one calls itself old."""
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v18.20.4\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_an_old_node_is_told_with_what_is_needed(old_node: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would fail somewhere within."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"this is Node.js v18.20.4, and it needs 20 or newer$"):
        node.find_node()


def test_the_packages_are_pinned_and_come_from_wherever_npm_gets_them() -> None:
    """Each by its version and its hash, and no registry is named."""
    project, lock = (json.loads((PROJECT / name).read_text()) for name in LOCKED)
    assert project["dependencies"] == lock["packages"][""]["dependencies"]
    packages = [package for name, package in lock["packages"].items() if name]
    assert [] == [package for package in packages if not {"version", "integrity"} <= set(package)]
    assert [] == [package for package in packages if "resolved" in package]
