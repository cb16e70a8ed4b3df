"""Where a development server listens, and how it drives what answers there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from bearerguard.devserver import NotAnswered
from bearerguard.devserver.certificates import certificate_beside
from bearerguard.devserver.driving import Person
from bearerguard.devserver.listening import LOCALHOST_ADDRESSES, listen
from bearerguard.devserver.serving import Server
from bearerguard.errors import ConfigurationError

NO_ADDRESS_HERE = ip_address("2001:db8::1")  # RFC 3849: for documentation, so nobody's


def test_a_machine_without_ipv6_is_reached_all_the_same() -> None:
    """Of localhost's two addresses one is enough, if it is the one that there is."""
    [one] = listen("localhost", (LOCALHOST_ADDRESSES[0], NO_ADDRESS_HERE), 0)
    with one:
        assert "127.0.0.1" == one.getsockname()[0]


def test_an_address_that_was_asked_for_is_needed() -> None:
    """Otherwise it would be found out much later, by somebody else."""
    with pytest.raises(
        ConfigurationError, match=r"nothing can listen on port 0 of dev\.example: use localhost"
    ):
        listen("dev.example", (LOCALHOST_ADDRESSES[0], NO_ADDRESS_HERE), 0)


def test_pages_that_go_in_a_circle_are_left(tmp_path: Path) -> None:
    """A person would give up too."""

    def sends_back(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("303 See Other", [("Location", "/again"), ("Content-Length", "0")])
        return [b""]

    certificate = certificate_beside(tmp_path / "dev.db", "localhost", now=time.time())
    [listening] = listen("localhost", LOCALHOST_ADDRESSES[:1], 0)
    with listening:
        server = Server(listening, sends_back, certificate.server)
    server.start()
    issuer = f"https://127.0.0.1:{server.port}"
    person = Person("alice", "a password", "allow")
    with pytest.raises(NotAnswered, match="answered 303 with a page: they go in a circle"):
        person.open(f"{issuer}/begin", issuer=issuer, ca_file=certificate.ca_file)
    server.stop()
