"""The certificate of a development server: made once, trusted by one file, and nobody else's."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from bearerguard.devserver.certificates import END, MARK, Certificate, certificate_beside, own_certificate
from bearerguard.errors import ConfigurationError

DAY_SECONDS = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "dev.db"


def make(store: Path, host: str = "localhost", now: float | None = None) -> Certificate:
    return certificate_beside(store, host, now=time.time() if now is None else now)


def seen_by(certificate: Certificate, name: str) -> bool:
    """Whether a client that trusts the file alone shakes hands with the server under this name."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context(cafile=certificate.ca_file)
    client = tls.wrap_bio(to_client, to_server, server_hostname=name)
    server = certificate.server.wrap_bio(to_server, to_client, server_side=True)
    for one in (client, server, client):
        try:
            one.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return True


def test_it_is_for_every_name_of_this_machine(store: Path) -> None:
    certificate = make(store)
    names = ("localhost", "127.0.0.1", "::1", "dev.example.org")
    assert [True, True, True, False] == [seen_by(certificate, name) for name in names]
    assert seen_by(make(store, "dev.example.org"), "dev.example.org")


def test_one_that_is_for_more_names_is_kept(store: Path) -> None:
    """A host that was served once is served again, and who trusts the file need not be told in between."""
    make(store)
    first = make(store, "DEV.example.org").ca_file.read_bytes()
    for host in ("localhost", "::1", "0::1", "dev.example.org"):
        assert first == make(store, host).ca_file.read_bytes()
    another = make(store, "127.0.0.2")
    assert first != another.ca_file.read_bytes()
    assert [True] * 3 == [seen_by(another, name) for name in ("localhost", "dev.example.org", "127.0.0.2")]


def test_it_is_kept_for_the_next_start(store: Path) -> None:
    """Who trusts the file need not be told again."""
    first = make(store).ca_file.read_bytes()
    assert first == make(store).ca_file.read_bytes()


def test_the_key_is_its_owner_s_and_the_authority_s_is_nowhere(store: Path) -> None:
    """Of two keys that there were one is kept, where nobody else can read it."""
    make(store)
    texts = {path.name: path.read_text() for path in store.parent.iterdir()}
    assert {"dev.db.ca.pem": 0, "dev.db.tls.pem": 1} == {
        name: text.count("PRIVATE KEY-----\n") // 2 for name, text in texts.items()
    }
    assert 0o600 == (store.parent / "dev.db.tls.pem").stat().st_mode & 0o777


def test_one_that_ends_within_a_day_is_made_anew(store: Path) -> None:
    """After 820 days, since some clients take none that is for longer."""
    made_at = time.time()
    first = make(store).ca_file.read_bytes()
    assert first == make(store, now=made_at + 818.9 * DAY_SECONDS).ca_file.read_bytes()
    assert first != make(store, now=made_at + 819.1 * DAY_SECONDS).ca_file.read_bytes()


@pytest.mark.parametrize("name", ["dev.db.tls.pem", "dev.db.ca.pem"])
@pytest.mark.parametrize("length", [0, len(MARK), 300])
def test_a_file_of_ours_that_is_broken_is_made_anew(store: Path, name: str, length: int) -> None:
    """Half-written, emptied or gone: the two belong together again."""
    make(store)
    path = store.parent / name
    path.write_bytes(path.read_bytes()[:length])
    assert seen_by(make(store), "localhost")
    path.unlink()
    assert seen_by(make(store), "localhost")


@pytest.mark.parametrize("name", ["dev.db.tls.pem", "dev.db.ca.pem"])
def test_a_file_of_somebody_else_is_left_alone(store: Path, name: str) -> None:
    """It may be the only copy of a key."""
    path = store.parent / name
    path.write_text("mine")
    with pytest.raises(
        ConfigurationError, match=rf"{name} was not made by a development server: move it away"
    ):
        make(store)
    assert "mine" == path.read_text()


def test_a_folder_in_its_place_is_a_sentence(store: Path) -> None:
    (store.parent / "dev.db.tls.pem").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be kept beside"):
        make(store)


def test_a_host_that_no_certificate_can_name_is_a_sentence(store: Path) -> None:
    with pytest.raises(ConfigurationError, match="no certificate can be made for this host"):
        make(store, "a" * 64)


def own(folder: Path, *names: str, **more: Any) -> tuple[Path, Path]:
    """A certificate, whose file ends with its root, and the file of its key."""
    authority = trustme.CA()
    leaf = authority.issue_cert(*names, **more)
    certificate, key = folder / "own.pem", folder / "own.key"
    certificate.write_bytes(leaf.cert_chain_pems[0].bytes() + authority.cert_pem.bytes())
    key.write_bytes(leaf.private_key_pem.bytes())
    return certificate, key


@pytest.mark.parametrize(
    ("name", "host"),
    [("dev.example.org", "dev.example.org"), ("*.example.org", "dev.example.org"), ("::1", "0::1")],
)
def test_a_certificate_of_one_s_own_is_used_as_it_is(store: Path, name: str, host: str) -> None:
    """Its file ends with its root, so clients can trust it by the same file."""
    certificate, key = own(store.parent, name)
    assert seen_by(own_certificate(certificate, key, host=host), host)


def test_the_root_of_one_s_own_may_be_elsewhere(store: Path) -> None:
    """Clients may trust it already."""
    certificate, key = own(store.parent, "localhost")
    certificate.write_text(certificate.read_text().split(END)[0] + END)
    assert own_certificate(certificate, key, host="localhost").ca_file == certificate


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_one_s_own_for_another_name_is_refused(store: Path, host: str) -> None:
    """Every client would refuse it, each in words of its own."""
    certificate, key = own(store.parent, "dev.example.org", "127.0.0.2")
    with pytest.raises(ConfigurationError) as raised:
        own_certificate(certificate, key, host=host)
    assert (
        f"{certificate} is not for {host}, so clients would refuse it: name one that is, or another host"
        == str(raised.value)
    )


def test_one_s_own_that_has_ended_is_refused(store: Path) -> None:
    ended_at = datetime.now(UTC) - timedelta(days=1)
    certificate, key = own(
        store.parent, "localhost", not_before=ended_at - timedelta(days=1), not_after=ended_at
    )
    with pytest.raises(ConfigurationError, match=r"clients would refuse .*: certificate has expired"):
        own_certificate(certificate, key, host="localhost")


def test_which_key_is_missing_or_wrong_is_said(store: Path) -> None:
    """With the option that names it."""
    certificate, key = own(store.parent, "localhost")
    with pytest.raises(ConfigurationError) as without:
        own_certificate(certificate, None, host="localhost")
    assert f"{certificate} has no key in it: name the PEM file of its key with key= (--key)" == str(
        without.value
    )
    key.write_bytes(trustme.CA().issue_cert("localhost").private_key_pem.bytes())
    with pytest.raises(ConfigurationError) as wrong:
        own_certificate(certificate, key, host="localhost")
    assert (
        f"the key in {key} is not that of the certificate in {certificate}: name its own with key= (--key)"
        == str(wrong.value)
    )


@pytest.mark.parametrize("text", [None, "", "no certificate", "-----BEGIN PRIVATE KEY-----"])
def test_a_certificate_of_one_s_own_that_is_none_is_a_sentence(store: Path, text: str | None) -> None:
    path = store.parent / "own.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"own\.pem and its key cannot be used"):
        own_certificate(path, path, host="localhost")
