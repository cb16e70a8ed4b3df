"""The rules of the tree that no linter knows: what an import costs, and how long a file may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "anyio",
    "asyncio",
    "click",
    "cryptography",
    "django",
    "fastapi",
    "flask",
    "httpx",
    "joserfc",
    "sqlite3",
    "ssl",
    "starlette",
    "werkzeug",
}
MAX_FILE_LINES = 220
MAX_FUNCTION_LINES = 40
LIST_WHAT_IT_IMPORTS = """
import sys
before = set(sys.modules)
import bearerguard
print(*sorted(set(sys.modules) - before))
"""


def test_importing_the_package_pulls_in_no_io_and_no_framework() -> None:
    """`import bearerguard` is cheap: a command or a worker pays only for the parts it uses."""
    listed = subprocess.run(
        [sys.executable, "-c", LIST_WHAT_IT_IMPORTS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = set(listed.stdout.split())
    assert "bearerguard" in imported
    assert set() == imported & HEAVY


def sources() -> list[Path]:
    return [ROOT / "run.py", *sorted(ROOT.glob(".ci/tools/*.py")), *sorted(ROOT.glob("bearerguard/**/*.py"))]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_and_its_functions_fit_the_eye(path: Path) -> None:
    """No file over 220 lines, no function over 40, its decorators and docstring counted."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    assert lines <= MAX_FILE_LINES
    assert {} == {
        name: lines for name, lines in function_lines(ast.parse(text)) if lines > MAX_FUNCTION_LINES
    }


def function_lines(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.name, (node.end_lineno or first) - first + 1
