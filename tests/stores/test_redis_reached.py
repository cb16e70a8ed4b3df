"""The ways to a Redis: TLS, whose certificate is looked at, and a socket in the file system."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.stores import TokenRecord
from bearerguard.stores.redis import RedisTokenStore
from tests.stores.feeding import eventually
from tests.stores.redis_servers import Server, free_port, running

trustme = pytest.importorskip("trustme")

RECORD = TokenRecord(sha256(b"one").digest(), "alice", issued_at=1.0, expires_at=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the certificate of a server at 127.0.0.1, and with two authorities: its own, and another one."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other_ca.pem")
    return folder


@pytest.fixture(scope="module")
def tls_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(folder: Path, tls_port: int) -> Iterator[Server]:
    settings = (
        f"tls-port {tls_port}",
        "tls-auth-clients no",
        f"tls-cert-file {folder}/certificate.pem",
        f"tls-key-file {folder}/key.pem",
        f"tls-ca-cert-file {folder}/ca.pem",
        f"unixsocket {folder}/socket",
    )
    with running(folder, *settings) as one:
        yield one


def works(url: str) -> None:
    store = RedisTokenStore(url)

    async def ask() -> list[TokenRecord | None]:
        found = [await store.afind(RECORD.digest) for _ in range(2)]
        await store.aclose()
        return found

    store.merge([RECORD])
    assert [RECORD, RECORD] == asyncio.run(ask())
    assert RECORD == store.find(RECORD.digest)
    feed, told = store.feed, list[bytes | None]()
    assert feed is not None
    feed.listen()
    eventually(lambda: feed.is_up)
    store.subscribe(told.append)
    RedisTokenStore(url, feed=False).revoke(RECORD.digest)
    eventually(lambda: told == [RECORD.digest])
    store.close()


def test_tls_with_an_authority_of_ones_own(server: Server, tls_port: int, folder: Path) -> None:
    """In both colours."""
    works(f"rediss://127.0.0.1:{tls_port}/0?ssl_ca_certs={folder}/ca.pem")


@pytest.mark.parametrize("options", ["", "?ssl_ca_certs={}/other_ca.pem"])
def test_a_certificate_of_an_unknown_authority_is_refused(
    server: Server, tls_port: int, folder: Path, options: str
) -> None:
    """At once, with the name of the setting: it will not get better."""
    with pytest.raises(ConfigurationError, match="has a certificate that is not trusted: ssl_ca_certs="):
        RedisTokenStore(f"rediss://127.0.0.1:{tls_port}/0{options.format(folder)}")


def test_a_certificate_for_another_name_is_refused(server: Server, tls_port: int, folder: Path) -> None:
    """Somebody with a certificate for elsewhere is in between."""
    with pytest.raises(ConfigurationError, match="has a certificate that is not trusted"):
        RedisTokenStore(f"rediss://localhost:{tls_port}/0?ssl_ca_certs={folder}/ca.pem")


def test_a_socket_in_the_file_system(server: Server, folder: Path) -> None:
    """In both colours, of any database."""
    works(f"unix://{folder}/socket?db=3")
    assert b"db3" in bytes(repr(server.ask("INFO", "keyspace")), "ascii")
