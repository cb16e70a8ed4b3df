"""What the authorization server from npm needs: Node.js, and the packages that its lock names.

They are installed once, into a folder of the user's cache that is called by what is in the lock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).with_name("oidc_provider")
PROGRAM = PROJECT / "provider.mjs"
LOCKED = ("package.json", "package-lock.json")
OLDEST_NODE = 20  # of which oidc-provider uses what older ones lack
INSTALL_SECONDS = 300.0


class Node(NamedTuple):
    """Node.js, and the folder of the packages."""

    path: str
    packages: Path


class Missing(Exception):
    """Why it is not there."""


def find_node() -> Node:
    """Give both; where one is missing the test is skipped, with the reason, but fails in CI."""
    found = _look()
    if isinstance(found, Node):
        return found
    if os.environ.get("CI"):
        pytest.fail(found)
    pytest.skip(found)


@cache
def _look() -> Node | str:
    """Look once, since what is missing may take its time to be so."""
    try:
        return Node(_find_program(), _install_once())
    except Missing as error:
        return f"the authorization server from npm cannot be run: {error}"


def _find_program() -> str:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise Missing("Node.js and npm are not installed")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    version = re.match(r"v([0-9]+)\.", said)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise Missing(f"this is Node.js {said}, and it needs {OLDEST_NODE} or newer")
    return node


def _install_once() -> Path:
    lock = sha256(b"".join((PROJECT / name).read_bytes() for name in LOCKED)).hexdigest()
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bearerguard-tests"
    folder = kept / f"oidc-provider-{lock[:16]}"
    if not folder.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as made:
            whole = Path(made) / "whole"
            _install(whole)
            try:
                whole.rename(folder)
            except OSError:
                assert folder.exists()  # another run of the tests was faster
    return folder / "node_modules"


def _install(folder: Path) -> None:
    folder.mkdir()
    for name in LOCKED:
        shutil.copy(PROJECT / name, folder)
    # Nothing of a package is run while it is installed.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"npm did not install it within {INSTALL_SECONDS:.0f} seconds") from None
    if done.returncode:
        raise Missing(f"npm could not install it: {done.stderr.strip()[-1000:]}")
