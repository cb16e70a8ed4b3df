"""Keep what a scene measured, with what it was measured on, as JSON; `docs/benchmarks.md` is made from it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import Machine
from benchmarks.suite import Bar, Measurement

FOLDER = Path(__file__).parent / "results"


@dataclass(slots=True, kw_only=True)
class Result:
    """What one scene gave: also what it left out, in words, and how busy the machine was before and after."""

    title: str
    explains: str
    measurements: list[Measurement] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    failure: str | None = None
    seconds: float = 0.0
    load: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A scene's result as it lies in its file."""

    name: str
    taken_on: str
    quick: bool
    machine: Machine
    result: Result


def keep(name: str, result: Result, *, quick: bool, machine: Machine) -> Kept:
    """Say of a result where and when it was taken."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return Kept(name=name, taken_on=day, quick=quick, machine=machine, result=result)


def save(kept: Kept, folder: Path = FOLDER) -> None:
    """Write a result to its file, in place of another."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(_bare(asdict(kept)), indent=1, ensure_ascii=False)
    (folder / f"{kept.name}.json").write_text(text + "\n", encoding="utf-8")


def load(path: Path) -> Kept:
    """Read a result."""
    members = json.loads(path.read_text(encoding="utf-8"))
    found = members.pop("result")
    measurements = [_measurement(one) for one in found.pop("measurements")]
    bars = [Bar(**bar) for bar in found.pop("bars")]
    load = (found["load"][0], found["load"][1])
    result = Result(**{**found, "load": load}, measurements=measurements, bars=bars)
    return Kept(**{**members, "machine": Machine(**members["machine"])}, result=result)


def load_all(folder: Path = FOLDER) -> list[Kept]:
    """Every result that is kept, in the order of the scenes' names."""
    return [load(path) for path in sorted(folder.glob("*.json"))]


def _bare(members: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a measurement or a bar does not say: most of the file would be that."""
    result = members["result"]
    for name, kind in (("measurements", Measurement), ("bars", Bar)):
        usual = {one.name: one.default for one in kind.__dataclass_fields__.values()}
        result[name] = [
            {key: value for key, value in one.items() if value != usual[key]} for one in result[name]
        ]
    return members


def _measurement(members: Mapping[str, Any]) -> Measurement:
    return Measurement(**{**members, "values": tuple(members.get("values", ()))})
