"""wrk: how it is called, and what is made of what it says."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bearerguard.bench.load import Load, LoadError, _read, find_wrk, send_load, status_of

# As wrk 4.1.0 wrote it.
SAMPLE = b"""\
Running 1s test @ http://127.0.0.1:8765/
  1 threads and 2 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    42.03ms    8.82ms  45.56ms   95.65%
    Req/Sec    46.00      9.66    60.00     70.00%
  46 requests in 1.00s, 5.29KB read
Requests/sec:     45.97
Transfer/sec:      5.29KB

{"requests": 46, "microseconds": 1000597, "p50": 43977, "p99": 45565, "failed": 0, "refused": 0}
"""


class Answering(BaseHTTPRequestHandler):
    """200 to whoever has the token, else 401."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == "Bearer good" else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """One whose clients may go away in the middle, as wrk does when its time is over."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that is found in place of wrk; it writes down how it was called."""
    if os.name == "nt":
        pytest.skip("the stand-in is a shell script")
    path = tmp_path / "wrk"
    note = f"import json, sys; json.dump(sys.argv[1:], open({str(tmp_path / 'called')!r}, 'w'))"
    figures = SAMPLE.splitlines()[-1].decode()
    path.write_text(f'#!/bin/sh\n{sys.executable} -c "{note}" "$@"\necho \'{figures}\'\n', encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return path


def test_the_figures_are_read_from_behind_what_wrk_says() -> None:
    """Seconds everywhere; requests a second by the time that it really took."""
    found = _read(SAMPLE, b"")
    assert Load(requests=46, seconds=1.000597, p50_seconds=0.043977, p99_seconds=0.045565) == found
    assert pytest.approx(45.97, abs=0.01) == found.requests_per_second


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"failed": 3, "refused": 0}, "3 requests failed and 0 were refused"),
        ({"failed": 0, "refused": 46}, "0 requests failed and 46 were refused"),
        ({"requests": 0}, "no request was answered in time"),
    ],
)
def test_figures_of_requests_that_went_wrong_are_none(change: dict[str, int], expected: str) -> None:
    """A refusal is fast: counted as an answer, it would make a guard look good."""
    *said, figures = SAMPLE.splitlines()
    with pytest.raises(LoadError) as raised:
        _read(b"\n".join([*said, json.dumps({**json.loads(figures), **change}).encode()]), b"")
    assert expected == str(raised.value)


def test_a_program_that_fails_gives_no_figures() -> None:
    with pytest.raises(LoadError) as raised:
        _read(b"Running 1s test\n", b"unable to connect to 127.0.0.1:1 Connection refused\n")
    assert "wrk gave no figures: unable to connect to 127.0.0.1:1 Connection refused" == str(raised.value)


def test_wrk_is_told_what_to_do(program: Path) -> None:
    """One thread, the connections, whole seconds, the header fields, and our script for its figures."""
    send_load("http://127.0.0.1:1/tags", connections=8, seconds=2.4, fields={"Authorization": "Bearer x"})
    called = json.loads((program.parent / "called").read_text(encoding="utf-8"))
    assert ["-t1", "-c8", "-d2s", "--timeout=10s", "-s"] == called[:5]
    assert ["-H", "Authorization: Bearer x", "http://127.0.0.1:1/tags"] == called[6:]
    assert not Path(called[5]).exists()


def test_the_program_is_found_on_the_path(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(program) == find_wrk()
    monkeypatch.setenv("PATH", str(program.parent / "nowhere"))
    assert find_wrk() is None


def test_wrk_itself_understands_us(url: str) -> None:
    """The script that asks for its figures is in its own language."""
    if find_wrk() is None:
        pytest.skip("wrk is not installed (on Debian and Ubuntu: apt install wrk)")
    load = send_load(url, connections=2, seconds=1, fields={"Authorization": "Bearer good"})
    assert load.requests > 0
    assert 0 < load.p50_seconds <= load.p99_seconds
    with pytest.raises(LoadError, match=r"^0 requests failed and \d+ were refused$"):
        send_load(url, connections=2, seconds=1, fields={})


def test_one_request_is_a_look_before_the_load(url: str) -> None:
    good = {"Authorization": "Bearer good"}
    assert [200, 200, 401] == [status_of(url, good), status_of(f"{url}/tags?a=b", good), status_of(url, {})]


def test_nobody_who_answers_is_one_sentence() -> None:
    with pytest.raises(LoadError) as raised:
        status_of("http://127.0.0.1:1/", {})
    assert "it does not answer: ConnectionRefusedError" == str(raised.value)
