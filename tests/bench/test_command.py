"""`bearerguard bench` as whoever calls it sees it: on a small application, and when things are wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bearerguard.bench import serving
from bearerguard.bench.figures import Interval
from bearerguard.bench.load import NO_WRK
from bearerguard.bench.serving import SERVERS
from bearerguard.cli import benching, main

ROOT = Path(__file__).resolve().parents[2]
SHOP = '''
async def app(scope, receive, send):
    """Answer as the path says, but for the beginning and the end of the server's life."""
    if scope["type"] == "http":
        status = int(scope["path"].strip("/") or 200)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def plain(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
'''
LINE = re.compile(r"(bare|bare again|guarded) +(\d\.\d{3}) +\d\.\d{3} to \d\.\d{3} +[\d,]+( +[\d.]+){2}")
NOT_IMPORTED = "{} cannot be imported here: {}"
WRONG_ANSWER = (
    "bare, the application answers {0} to GET /{0}, and to be measured it must answer 2xx or 3xx: see --path"
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for wrk is a shell script")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with an application; in its `bin` a program that is called in place of wrk."""
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    (tmp_path / "failing.py").write_text("import shop\nraise LookupError('no database')\n", encoding="utf-8")
    program = tmp_path / "bin" / "wrk"
    program.parent.mkdir()
    stand_in = Path(__file__).with_name("stand_in_wrk.py")
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def bench(folder: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Call the command in the project's folder."""
    found = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}" if path is None else path
    return subprocess.run(
        [sys.executable, "-m", "bearerguard", "bench", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": found, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def last_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What follows `Error: `, which is one line."""
    assert "Traceback" not in done.stderr
    return done.stderr.rstrip("\n").splitlines()[-1].removeprefix("Error: ")


@pytest.mark.parametrize(
    ("server", "app"), [("uvicorn", "shop:app"), ("gunicorn-gthread", "shop:plain"), ("granian", None)]
)
def test_it_measures_an_application_bare_and_guarded(folder: Path, server: str, app: str | None) -> None:
    """Each of the three in a line, its ratio to bare first; then in a sentence what that means."""
    named = [] if app is None else ["--app", app]
    done = bench(folder, *named, "--server", server, "--rounds", "3", "--connections", "1")
    assert 0 == done.returncode, done.stderr
    used, heading, *lines, verdict = done.stdout.splitlines()
    assert used.startswith(f"{SERVERS[server].package} ")
    assert ["of", "bare", "95", "%", "requests/s", "p99,", "ms", "CPU,", "µs"] == heading.split()
    found = [LINE.fullmatch(line) for line in lines]
    assert ["bare", "bare again", "guarded"] == [match and match[1] for match in found]
    assert "1.000" == (found[0] and found[0][2])
    assert verdict.startswith(("Guarded, the application reaches ", "The bare application reached "))


def test_it_measures_the_path_that_is_named(folder: Path) -> None:
    done = bench(folder, "--app", "shop:app", "--path", "/203", "--rounds", "3")
    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["--app", "shops:app"],
            NOT_IMPORTED.format("shops:app", "ModuleNotFoundError: No module named 'shops'"),
        ),
        (
            ["--app", "shop:application"],
            NOT_IMPORTED.format(
                "shop:application", "AttributeError: module 'shop' has no attribute 'application'"
            ),
        ),
        (["--app", "failing:app"], NOT_IMPORTED.format("failing:app", "LookupError: no database")),
        (
            ["--app", "shop:plain"],
            "shop:plain is not an ASGI application, which uvicorn serves: see --server",
        ),
        (
            ["--app", "shop:app", "--server", "gunicorn"],
            "shop:app is not a WSGI application, which gunicorn serves: see --server",
        ),
        (
            ["--app", "shop:app", "--path", "/401"],
            WRONG_ANSWER.format(401),
        ),
        (
            ["--app", "shop:app", "--path", "/500"],
            WRONG_ANSWER.format(500),
        ),
    ],
    ids=["module", "name", "failing", "WSGI", "ASGI", "401", "500"],
)
def test_what_cannot_be_measured_is_one_sentence(folder: Path, arguments: list[str], expected: str) -> None:
    """That names the cure; status 1, nothing on standard output."""
    done = bench(folder, *arguments)
    assert (1, "", expected) == (done.returncode, done.stdout, last_sentence(done))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--app", "shop"], "Invalid value for '--app': give the module and the name in it: shop.main:app"),
        (["--path", "tags"], "Invalid value for '--path': a path begins with /"),
        (["--rounds", "2"], "Invalid value for '--rounds': 2 is not in the range x>=3."),
    ],
)
def test_wrong_usage(folder: Path, arguments: list[str], expected: str) -> None:
    done = bench(folder, *arguments)
    assert (2, "", expected) == (done.returncode, done.stdout, last_sentence(done))


def test_a_server_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benching, "find_wrk", lambda: "wrk")
    monkeypatch.setattr(serving.importlib.util, "find_spec", lambda _: None)
    result = CliRunner().invoke(main, ["bench", "--server", "hypercorn"])
    assert (1, "Error: hypercorn is not installed here: pip install hypercorn\n") == (
        result.exit_code,
        result.output,
    )


def test_a_machine_that_is_not_quiet_gets_no_verdict() -> None:
    """Where the application differs from itself, nothing is said of the guard."""
    guarded = Interval(0.90, 0.91, 0.92)
    assert "Guarded, the application reaches 91.0% of its throughput." == benching.verdict(
        Interval(0.9, 0.98, 1.0), guarded
    )
    assert benching.verdict(Interval(0.9, 0.96, 1.0), guarded).startswith(
        "The bare application reached 0.960 of itself: this machine is not quiet enough."
    )


def test_without_wrk_it_says_how_to_get_it(folder: Path) -> None:
    done = bench(folder, path=str(folder))
    assert (1, "", f"{NO_WRK}.") == (done.returncode, done.stdout, last_sentence(done))
