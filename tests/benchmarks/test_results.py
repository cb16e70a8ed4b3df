"""What is kept of a run: all of it, and nothing that names the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import machine, results
from tests.benchmarks.samples import kept


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = kept()
    results.save(one, tmp_path)
    assert [one] == results.load_all(tmp_path)


def test_another_run_of_a_scene_takes_its_place(tmp_path: Path) -> None:
    for seconds in (1.0, 2.0):
        results.save(kept(seconds=seconds), tmp_path)
    results.save(kept("another"), tmp_path)
    assert ["another", "sample"] == [one.name for one in results.load_all(tmp_path)]
    assert 2.0 == results.load_all(tmp_path)[1].result.seconds


def test_the_file_says_only_what_is_said(tmp_path: Path) -> None:
    """A measurement without a reference has no member that says so: most of the file would be that."""
    results.save(kept(), tmp_path)
    document = json.loads((tmp_path / "sample.json").read_text(encoding="utf-8"))
    first = document["result"]["measurements"][0]
    assert {"case", "subject", "unit", "values"} == set(first)
    assert {"processor", "processors", "system", "python", "sqlite", "wrk", "event_loop", "packages"} == set(
        document["machine"]
    )


def test_the_machine_tells_its_kind_and_the_versions_but_not_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is measured here is measured with packages of these versions."""
    monkeypatch.setattr(machine, "find_wrk", lambda: None)
    found = machine.describe_machine()
    assert (None, "asyncio") == (found.wrk, found.event_loop)
    assert found.processors >= 1
    assert {"bearerguard", "httpx", "httpcore", "uvicorn", "starlette"} <= set(found.packages)


def test_every_package_that_takes_part_is_asked_for_its_version() -> None:
    """All that is pinned for the peers, and what our own client and theirs are made of."""
    text = (Path(results.__file__).parent / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "==" in line]
    pinned = {line.partition("==")[0].partition("[")[0].lower() for line in lines}
    tools = {"matplotlib", "rich", "trustme"}
    named = {name.lower() for name in machine.PACKAGES}
    assert set() == pinned - tools - named
    assert {"httpx", "httpcore", "httpx2", "httpcore2", "requests", "uvloop"} <= named
