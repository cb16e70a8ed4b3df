"""The two HTTP packages: httpx2 where it is installed, httpx everywhere else; both do the same for us.

All tests of this process use the one that is found. Where that is httpx2, another process cannot find it, and
runs with httpx what depends on the package: tests of the client, and servers that lie about HTTP or TLS.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from bearerguard.clients._packages import httpcore, httpx

ROOT = Path(__file__).parents[2]
HAS_HTTPX2 = importlib.util.find_spec("httpx2") is not None

TESTS = (
    "test_httpx.py",
    "test_httpx_pool.py",
    "test_httpx_life.py",
    "test_httpx_closing.py",
    "test_httpx_failures.py",
    "test_deadline.py",
)

# Not the hostile servers that take long, nor those whose HTTP is good.
LEFT_OUT = ("slow", "endless", "heavy", "redirections", "statuses", "JSON", "media", "members")

WITHOUT_HTTPX2 = """
import sys

sys.modules["httpx2"] = sys.modules["httpcore2"] = None  # an import of either fails as where it is missing

import pytest

status = pytest.main(sys.argv[1:])
packages = sys.modules["bearerguard.clients._packages"]
print("ran with", packages.httpx.__name__, "and", packages.httpcore.__name__)
sys.exit(status)
"""


def test_httpx2_is_used_where_it_is_installed() -> None:
    """And its own core, so that no exception of one package meets the other."""
    expected = ("httpx2", "httpcore2") if HAS_HTTPX2 else ("httpx", "httpcore")
    assert expected == (httpx.__name__, httpcore.__name__)


@pytest.mark.skipif(
    not HAS_HTTPX2, reason="httpx2 is not installed: all of this runs with httpx, nothing with it"
)
def test_httpx_does_the_same() -> None:
    """The package that we depend on, where the other one is not there."""
    tests = [f"tests/clients/{name}" for name in TESTS] + ["tests/hostile"]
    options = [
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-k",
        " and ".join(f"not {word}" for word in LEFT_OUT),
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HTTPX2, *options, *tests],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "ran with httpx and httpcore\n" in done.stdout
