"""Two servers on one machine: on one file never at a time, on two without a trace of each other."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bearerguard.devserver import DevServer
from bearerguard.devserver.forms import forms_of
from bearerguard.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
PASSWORD = "a password"
IN_USE = "is in use by another development server: stop that one, or name another file"
LOGIN = "/login"


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    dev = DevServer(tmp_path_factory.mktemp("devserver") / "dev.db")
    dev.add_user("alice", PASSWORD)
    with dev:
        yield dev


def browser(*trusted: DevServer) -> httpx.Client:
    """A browser that keeps cookies, as they all do, by host and not by port."""
    tls = ssl.create_default_context()
    for one in trusted:
        tls.load_verify_locations(one.ca_file)
    return httpx.Client(verify=tls, trust_env=False)


def is_answered(dev: DevServer) -> bool:
    with browser(dev) as client:
        return client.get(f"{dev.issuer}{LOGIN}").status_code == httpx.codes.OK


def file_of(dev: DevServer) -> Path:
    return dev.ca_file.with_name("dev.db")


@pytest.mark.parametrize("name", ["dev.db", "link.db"])
def test_a_second_server_on_a_file_does_not_start(dev: DevServer, name: str) -> None:
    """Tokens of the one would be the other's, with another issuer and other scopes; a link is the file."""
    link = file_of(dev).with_name("link.db")
    if not link.exists():
        link.symlink_to(file_of(dev))
    trusted = dev.ca_file.read_bytes()
    second = DevServer(file_of(dev).with_name(name), host="127.0.0.2")
    with pytest.raises(ConfigurationError) as raised:
        second.start()
    assert f"{file_of(dev).with_name(name)} {IN_USE}" == str(raised.value)
    assert (trusted, True) == (dev.ca_file.read_bytes(), is_answered(dev))


def test_what_works_on_the_file_is_not_in_the_way(dev: DevServer) -> None:
    """Applications and users are added while the server runs, and guards read tokens."""
    assert "Beside" == DevServer(file_of(dev)).register("Beside").application.name


def test_a_start_that_fails_lets_go_of_the_file(tmp_path: Path) -> None:
    """And leaves what clients trust as it was, whatever host it was for."""
    dev = DevServer(tmp_path / "dev.db")
    with dev:
        pass
    trusted = dev.ca_file.read_bytes()
    with socket.create_server(("127.0.0.2", 0)) as taken:
        with pytest.raises(ConfigurationError, match="is in use: stop what uses it"):
            DevServer(tmp_path / "dev.db", host="127.0.0.2", port=taken.getsockname()[1]).start()
        assert trusted == dev.ca_file.read_bytes()
    with dev:
        assert is_answered(dev)


def test_a_server_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    """There is no file to remove by hand after a crash; until then the command says what is in the way."""
    command = [sys.executable, "-m", "bearerguard", "devserver", "--store", "dev.db", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        assert any(line.startswith("Ctrl-C") for line in process.stdout)
        with pytest.raises(ConfigurationError, match=IN_USE):
            DevServer(tmp_path / "dev.db").start()
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with DevServer(tmp_path / "dev.db") as dev:
        assert is_answered(dev)


def test_a_folder_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "dev.db.lock").mkdir()
    with pytest.raises(ConfigurationError, match=r"dev\.db cannot be kept from other servers: its folder"):
        DevServer(tmp_path / "dev.db").start()


def test_who_logs_in_at_one_stays_logged_in_at_the_other(dev: DevServer, tmp_path: Path) -> None:
    """Cookies know no ports (RFC 6265 section 8.5), so each server's has another name."""
    other = DevServer(tmp_path / "other.db")
    other.add_user("alice", PASSWORD)
    with other, browser(dev, other) as client:
        for one in (dev, other):
            [form] = forms_of(client.get(f"{one.issuer}{LOGIN}").text)
            filled = {**form.fields, "username": "alice", "password": PASSWORD}
            client.post(f"{one.issuer}{LOGIN}", data=filled, headers={"Origin": one.issuer})
        answers = [client.get(f"{one.issuer}/applications") for one in (dev, other)]
    assert [200] * 2 == [answer.status_code for answer in answers]
    assert all("Log out" in answer.text for answer in answers)
