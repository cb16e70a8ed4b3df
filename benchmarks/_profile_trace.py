"""Watch one request: which functions of the package it calls, out of which line, and the lines that run."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import bearerguard

PACKAGE = Path(bearerguard.__file__).parent
NOT_THE_GUARD = PACKAGE / "bench"  # the applications that are guarded


@dataclass(slots=True, eq=False)
class Visit:
    """One call: of what, out of which line of whom, the lines that ran, and what it gave.

    `calls_others_at` is the line that last called a function of somebody else: the application, if this is
    the middleware. What somebody else calls has no caller here.
    """

    code: CodeType
    caller: Visit | None
    caller_line: int
    lines: set[int] = field(default_factory=set)
    result: Any = None
    calls_others_at: int = 0


def watch(request: Callable[[], object]) -> list[Visit]:
    """Make a request, and give its visits in their order."""
    visits: list[Visit] = []
    open_frames: dict[FrameType, Visit] = {}

    def hear_call(frame: FrameType, event: str, argument: Any) -> Any:
        outer = frame.f_back
        caller = None if outer is None else open_frames.get(outer)
        if frame.f_code.co_name.startswith("<"):
            return None  # a comprehension: a part of the line that it stands in
        if not is_ours(frame.f_code):
            if caller is not None and outer is not None:
                caller.calls_others_at = outer.f_lineno
            return None
        visit = Visit(frame.f_code, caller, 0 if outer is None else outer.f_lineno)
        visits.append(visit)
        open_frames[frame] = visit
        return hear_line

    def hear_line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            open_frames[frame].lines.add(frame.f_lineno)
        elif event == "return":
            open_frames.pop(frame).result = argument
        return hear_line

    before = sys.gettrace()
    sys.settrace(hear_call)
    try:
        request()
    finally:
        sys.settrace(before)
    return visits


def is_ours(code: CodeType) -> bool:
    path = Path(code.co_filename)
    return path.is_relative_to(PACKAGE) and not path.is_relative_to(NOT_THE_GUARD)


def function_of(code: CodeType) -> FunctionType:
    """Give the function that runs this code."""
    owners = gc.get_referrers(code)
    return next(one for one in owners if isinstance(one, FunctionType) and one.__code__ is code)
