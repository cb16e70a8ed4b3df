"""The environment of the process is for others: no proxy, no authority and no password of it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from bearerguard import ClientSecretPost
from bearerguard.clients.httpx import HttpxClient
from tests.hostile import authority
from tests.hostile.answers import answer
from tests.hostile.behaviours import never, say
from tests.hostile.rows import GOOD, Row, certificate
from tests.hostile.running import SECRET, Edge, run_row
from tests.hostile.server import HostileServer

ANSWERS = Row("a good answer", say(answer()), GOOD)
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def test_proxies_of_the_environment_are_not_used(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token goes straight to its server, or nowhere."""
    with HostileServer(never) as proxy:
        for name in PROXIES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        became = run_row(ANSWERS, edge)
    assert ([GOOD], 1, 0) == (became.answers, became.calls, proxy.accepted)


def test_authorities_of_the_environment_are_not_trusted(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those that ca_file= names, or the public ones."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file("ours")))
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.folder()))
    row = Row(
        "nobody named it",
        say(answer()),
        certificate("unable to get local issuer certificate"),
        http={"ca_file": None},
    )
    assert row.answers == run_row(row, edge).answers


def test_passwords_of_a_netrc_file_are_not_sent(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who we are is what client= says."""
    file = tmp_path / ".netrc"
    file.write_text(f"machine {authority.HOST} login somebody password else\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    monkeypatch.setenv("HOME", str(tmp_path))
    row = Row("a form", say(answer()), GOOD, introspection={"client": ClientSecretPost("api", SECRET)})
    [question] = run_row(row, edge).questions
    assert "authorization" not in question.fields
    assert ("api", SECRET) == (question.form["client_id"], question.form["client_secret"])


def test_keys_of_a_session_are_not_written_down(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SSLKEYLOGFILE would let whoever reads it read the tokens too."""
    file = tmp_path / "keys"
    file.touch()
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    assert [GOOD] == run_row(ANSWERS, edge).answers
    assert [] == [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert None is HttpxClient()._ssl_context.keylog_filename
