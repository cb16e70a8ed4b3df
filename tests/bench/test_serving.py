"""The servers: how each is called, and what is said of one that does not come up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bearerguard.bench.output import last_line
from bearerguard.bench.serving import SERVERS, Listen, ServerError, serve

APP = "bearerguard.bench.applications:least_asgi"


@pytest.mark.parametrize("name", SERVERS)
def test_every_server_is_told_where_to_listen_and_with_which_files(name: str) -> None:
    """And nothing of TLS where there are none."""
    server = SERVERS[name]
    plain = server.arguments("shop:app", Listen(8080))
    over_tls = server.arguments("shop:app", Listen(8443, "server.pem", "server.key"))
    assert "shop:app" == plain[0]
    assert "8080" in " ".join(plain)
    assert [] == [one for one in plain if one.startswith("server.")]
    assert ["server.pem", "server.key"] == [one for one in over_tls if one.startswith("server.")]
    assert ("http", "https") == tuple(
        one.url.split(":")[0] for one in (Listen(1), Listen(1, "server.pem", "server.key"))
    )


def test_every_asgi_server_can_be_kept_to_one_event_loop() -> None:
    """Another that happens to be installed would make two machines differ; hypercorn looks for none."""
    told = {name: server.plain_loop for name, server in SERVERS.items() if server.plain_loop}
    assert {"uvicorn": ("--loop", "asyncio"), "granian": ("--loop", "asyncio")} == told


def test_a_server_answers_and_is_ended() -> None:
    """Also the loop is one that it knows."""
    with serve(SERVERS["uvicorn"], APP, environment={}, has_plain_loop=True) as running:
        used = running.cpu_seconds()
        assert used > 0 or sys.platform != "linux"
        process = running._process
        assert process.poll() is None
    assert process.poll() is not None


def test_a_server_that_does_not_come_up_is_one_line(tmp_path: Path) -> None:
    """The last that it said, which names the reason, and not its whole traceback."""
    (tmp_path / "broken.py").write_text("raise LookupError('no database')\n", encoding="utf-8")
    with (
        pytest.raises(ServerError) as raised,
        serve(SERVERS["uvicorn"], "broken:app", environment={}, folder=tmp_path),
    ):
        pass
    assert "the server did not come up: LookupError: no database" == str(raised.value)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"Traceback:\n  File x\nValueError: no\n\n", "ValueError: no"),
        (b"\xff\n", "\N{REPLACEMENT CHARACTER}"),
        (b" \n\n", "it said nothing"),
        (b"", "it said nothing"),
    ],
)
def test_the_last_line_of_what_was_said(said: bytes, expected: str) -> None:
    assert expected == last_line(said)
