"""Count the functions that a request calls, by `sys.setprofile`.

Counted are the functions of the package, whoever calls them, and all that they call themselves, in Python
or in C; not what those do further in, which is the business of others. A generator or coroutine counts
once, however often it is resumed. Seen on this thread only; a class that is written in C and called (as
`tuple(...)` is) is not seen.
"""

from __future__ import annotations

import gc
import inspect
import re
import sys
from collections import Counter, defaultdict
from types import BuiltinFunctionType, FrameType
from typing import Any

PACKAGE = "bearerguard"
# Calls up to Python 3.11, and a part of the function around them from 3.12 on.
COMPREHENSIONS = ("<listcomp>", "<dictcomp>", "<setcomp>")
# How a dataclass's own __init__ names itself.
GENERATED = "__create_fn__.__init__"


class Calls:
    """A context manager: what is called within it, how often, and by whom."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.callers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.generators: set[str] = set()
        self.coroutines: set[str] = set()
        self._resumable: set[FrameType] = set()
        self.patterns: Counter[str] = Counter()
        self._names_of_patterns = _names_of_patterns()
        self._before: tuple[Any, bool] = (None, False)

    def __enter__(self) -> Calls:
        self._before = sys.getprofile(), gc.isenabled()
        gc.disable()  # what it would call is nobody's doing
        sys.setprofile(self._hear)
        return self

    def __exit__(self, *raised: object) -> None:
        profile, collects = self._before
        sys.setprofile(profile)
        if collects:
            gc.enable()
        self._resumable.clear()

    def _hear(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            self._hear_call(frame)
        elif event == "c_call" and _is_ours(frame):
            self._hear_c_call(frame, argument)

    def _hear_call(self, frame: FrameType) -> None:
        ours, caller = _is_ours(frame), frame.f_back
        if not ours and (caller is None or not _is_ours(caller)):
            return
        if frame.f_code.co_name in COMPREHENSIONS or _module_of(frame).startswith("coverage."):
            return
        name = _name_of(frame)
        if frame.f_code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE):
            if frame in self._resumable:
                return
            self._resumable.add(frame)
            is_generator = frame.f_code.co_flags & inspect.CO_GENERATOR
            (self.generators if is_generator else self.coroutines).add(name)
        self._note(name, caller)

    def _hear_c_call(self, frame: FrameType, function: BuiltinFunctionType) -> None:
        name = _name_of_c(function)
        if isinstance(function.__self__, re.Pattern):
            name = f"{self._names_of_patterns.get(id(function.__self__), 'a pattern')}.{function.__name__}"
            self.patterns[name] += 1
        self._note(name, frame)

    def _note(self, name: str, caller: FrameType | None) -> None:
        self.counts[name] += 1
        if caller is not None:
            self.callers[name][_name_of(caller)] += 1


def _names_of_patterns() -> dict[int, str]:
    return {
        id(value): f"{name.removeprefix(PACKAGE + '.')}.{variable}"
        for name, module in sorted(sys.modules.items(), reverse=True)  # the first name is the one that stays
        if name.partition(".")[0] == PACKAGE
        for variable, value in vars(module).items()
        if type(value) is re.Pattern  # isinstance would wake a lazy object of a framework
    }


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_ours(frame: FrameType) -> bool:
    # By the module, since what a dataclass generates is in no file.
    return _module_of(frame).partition(".")[0] == PACKAGE


def _name_of(frame: FrameType) -> str:
    """Name a function of ours in full, any other by package and last name: theirs may be moved."""
    module, code = _module_of(frame), frame.f_code
    name = code.co_qualname.replace(".<locals>", "")
    if name == GENERATED:
        name = f"{type(frame.f_locals[code.co_varnames[0]]).__qualname__}.__init__"
    if _is_ours(frame):
        return f"{module.removeprefix(PACKAGE + '.')}.{name}"
    package = module.partition(".")[0]
    return code.co_name if package == "tests" else f"{package}.{code.co_name}"


def _name_of_c(function: BuiltinFunctionType) -> str:
    module = function.__module__
    return function.__qualname__ if module in (None, "builtins") else f"{module}.{function.__name__}"
