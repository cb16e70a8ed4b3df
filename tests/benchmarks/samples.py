"""Results as a run gives them, of a scene that nobody has to measure."""

from __future__ import annotations

from benchmarks.machine import Machine
from benchmarks.results import Kept, Result
from benchmarks.suite import Bar, Measurement

MEASUREMENTS = [
    Measurement(case="ASGI, one token", subject="floor", unit="µs", values=(2.0, 2.1, 1.9)),
    Measurement(
        case="ASGI, one token", subject="bearerguard", unit="µs", values=(3.0, 3.2, 2.8), versus="floor"
    ),
    Measurement(case="ASGI, one token", subject="a peer", unit="µs", values=(8.0, 8.2, 8.4), versus="floor"),
    Measurement(case="ASGI, one token", subject="another", unit="µs", missing="Not installed: another."),
    *(
        Measurement(
            case="uvicorn", subject=subject, unit="requests/s", values=(value, value), versus=versus, at=at,
            axis="connections", more_is_better=True,
        )
        for subject, versus, values in (
            ("bare", None, (900.0, 9000.0)), ("bearerguard", "bare", (810.0, 8550.0)),
        )
        for at, value in zip((1, 512), values, strict=True)
    ),
    Measurement(case="calls", subject="bearerguard", unit="calls", values=(1.0,), is_drawn=False),
]  # fmt: skip
BARS = [
    Bar(text="times the floor", value=1.5, limit=2.0),
    Bar(text="calls | at once", value=5.0, limit=1.0),
    Bar(text="share of bare", value=0.8, limit=0.9, is_most=False, not_judged="3 rounds, and it takes 14"),
]
MACHINE = Machine(
    processor="A processor",
    processors=2,
    system="Linux 6",
    python="CPython 3.11.7",
    sqlite="3.40.1",
    wrk="4.1.0",
    event_loop="asyncio",
    packages={"bearerguard": "0.1.0", "uvicorn": "0.54.0"},
)


def result(**changes: object) -> Result:
    members = {
        "title": "A warm request",
        "explains": "What a guard adds.",
        "measurements": MEASUREMENTS,
        "bars": BARS,
        "left_out": ["the rest, in a quick run"],
        "seconds": 12.3,
        "load": (0.5, 1.25),
    }
    return Result(**{**members, **changes})  # type: ignore[arg-type]


def kept(name: str = "sample", **changes: object) -> Kept:
    return Kept(name=name, taken_on="2026-01-31", quick=True, machine=MACHINE, result=result(**changes))
