"""Cut a function short after any of its lines, in place: so a line is measured where it stands.

The difference between a request whose function ends before a line, and one whose function ends after
it, is what the line costs; and the lines together are all that the function costs. A function that is
cut short gives at once what it gives in the end, so that whatever comes after it finds what it needs.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType

from benchmarks._profile_trace import Visit, function_of

RESULT = "_result_of_{}"  # a global of the function's module, while it is profiled


@dataclass(frozen=True, slots=True)
class Line:
    """A statement that a request runs: its first line as it stands there, and where that is."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Cuttable:
    """A function, the lines of it that a request runs, and its code up to each of them.

    `codes[n]` runs the first n of the lines; the last is the function as it is.
    """

    visit: Visit
    function: FunctionType
    lines: tuple[Line, ...]
    codes: tuple[CodeType, ...]

    @property
    def name(self) -> str:
        return self.function.__qualname__

    def cut(self, lines: int) -> None:
        self.function.__code__ = self.codes[lines]


def cuttable(visit: Visit, *, is_outermost: bool = False) -> Cuttable | None:
    """Give a function that was visited, ready to be cut; None where it cannot be.

    The outermost, when it is cut short, calls the application as if there were no guard; so its lines end
    with the one that calls the application.
    """
    function = function_of(visit.code)
    if visit.code.co_freevars or visit.code.co_name == "__init__":
        return None
    source = textwrap.dedent(inspect.getsource(function))
    offset = visit.code.co_firstlineno - 1
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    statements = [one for one in flat(tree.body) if is_run(one, visit, offset)]
    if is_outermost:
        statements = [one for one in statements if one.lineno + offset <= visit.calls_others_at]
    ending = pass_on(tree) if is_outermost else give_result(visit, function)
    codes = [compiled(source, [one.lineno for one in statements], n, ending) for n in range(len(statements))]
    return Cuttable(
        visit, function, tuple(line_of(one, source, offset) for one in statements), (*codes, visit.code)
    )


def flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements of a function in their order; those within try and with are its own."""
    for statement in body:
        if isinstance(statement, ast.Try | ast.With):
            yield from flat(statement.body)
        else:
            yield statement


def is_run(statement: ast.stmt, visit: Visit, offset: int) -> bool:
    last = statement.end_lineno or statement.lineno
    return any(statement.lineno + offset <= line <= last + offset for line in visit.lines)


def line_of(statement: ast.stmt, source: str, offset: int) -> Line:
    last = statement.end_lineno or statement.lineno
    text = source.splitlines()[statement.lineno - 1].partition("  #")[0].strip()
    return Line(text, statement.lineno + offset, last + offset)


def give_result(visit: Visit, function: FunctionType) -> str:
    name = RESULT.format(visit.code.co_name)
    function.__globals__[name] = visit.result
    return f"return {name}"


def pass_on(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    own, *others = [one.arg for one in tree.args.args]
    waiting = "await " if isinstance(tree, ast.AsyncFunctionDef) else ""
    return f"return {waiting}{own}.app({', '.join(others)})"


def compiled(source: str, kept: Sequence[int], number: int, ending: str) -> CodeType:
    """Compile a function whose first `number` statements that are run stay, and then the ending."""
    module = ast.parse(source)
    (tree,) = module.body
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    _end_before(tree.body, set(kept[number:]), _statement(ending))
    tree.decorator_list, tree.returns = [], None
    tree.args.defaults, tree.args.kw_defaults = [], [None for _ in tree.args.kwonlyargs]
    for argument in (*tree.args.args, *tree.args.kwonlyargs):
        argument.annotation = None
    code = compile(ast.fix_missing_locations(module), "<cut short>", "exec", dont_inherit=True)
    return next(one for one in code.co_consts if isinstance(one, CodeType))


def _end_before(body: list[ast.stmt], left_out: set[int], ending: ast.stmt) -> bool:
    """Put the ending in place of the first statement that is left out, and all that follows."""
    for n, statement in enumerate(body):
        if isinstance(statement, ast.Try | ast.With):
            if _end_before(statement.body, left_out, ending):
                del body[n + 1 :]
                return True
        elif statement.lineno in left_out:
            body[n:] = [ending]
            return True
    return False


def _statement(text: str) -> ast.stmt:
    (function,) = ast.parse(f"async def f():\n    {text}").body
    assert isinstance(function, ast.AsyncFunctionDef)
    return function.body[0]
