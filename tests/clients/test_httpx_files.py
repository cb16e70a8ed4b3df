"""The files of certificates: what is trusted, what is shown, and what is refused while building."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bearerguard import ConfigurationError
from bearerguard.clients.httpx import HttpxClient
from tests.clients.calling import Colour, both_colours, client, question, served, statuses
from tests.hostile import authority
from tests.hostile.answers import answer
from tests.hostile.behaviours import say
from tests.hostile.server import HostileServer


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A client's certificate, its key, the key with a password, and files that are none of these."""
    folder = tmp_path_factory.mktemp("files")
    issued = authority.authority("ours").issue_cert("client.example.org")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    pkcs8, secret = PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")
    contents = {
        "certificate": b"".join(blob.bytes() for blob in issued.cert_chain_pems),
        "key": key.private_bytes(Encoding.PEM, pkcs8, NoEncryption()),
        "locked key": key.private_bytes(Encoding.PEM, pkcs8, secret),
        "both": issued.private_key_and_cert_chain_pem.bytes(),
        "another key": authority.authority("theirs").private_key_pem.bytes(),
        "garbage": bytes(range(256)),
        "half": authority.ca_file("ours").read_bytes()[:300],
        "empty": b"",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in (*contents, "missing")} | {"folder": folder}


@pytest.mark.parametrize("name", ["missing", "folder", "garbage", "half", "empty", "key"])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_of_authorities_must_be_one(files: dict[str, Path], name: str, kind: Any) -> None:
    """What is no PEM file of certificates is refused at once, not at the first call."""
    with pytest.raises(ConfigurationError, match="HttpxClient cannot use one of its certificate files"):
        HttpxClient(ca_file=kind(files[name]))


@pytest.mark.parametrize("value", ["", b"ca.pem", 7, True, ["ca.pem"], object()])
def test_a_file_of_authorities_must_be_named(value: Any) -> None:
    """An empty name, as of a variable that is not set, does not mean the public authorities."""
    with pytest.raises(ConfigurationError, match="HttpxClient cannot use one of its certificate files"):
        HttpxClient(ca_file=value)


@pytest.mark.parametrize(
    "names",
    [
        ("missing", None),
        ("folder", None),
        ("garbage", None),
        ("empty", None),
        ("certificate", None),
        ("key", None),
        ("certificate", "missing"),
        ("certificate", "garbage"),
        ("certificate", "certificate"),
        ("certificate", "another key"),
        ("certificate", "locked key"),
        ("locked key", None),
    ],
)
def test_a_certificate_must_come_with_its_key(files: dict[str, Path], names: tuple[str, str | None]) -> None:
    """Both readable, and the key without a password: nobody is asked at the terminal for one."""
    certificate, key = names
    with pytest.raises(ConfigurationError, match="HttpxClient cannot use one of its certificate files"):
        client(certificate_file=files[certificate], key_file=None if key is None else files[key])


@pytest.mark.parametrize("value", ["", 7, True, object()])
@pytest.mark.parametrize("name", ["certificate_file", "key_file"])
def test_a_certificate_and_its_key_must_be_named(files: dict[str, Path], name: str, value: Any) -> None:
    """An empty name does not mean none, nor one of the other type."""
    named: dict[str, Any] = {"certificate_file": files["certificate"], "key_file": files["key"], name: value}
    with pytest.raises(ConfigurationError, match="HttpxClient cannot use one of its certificate files"):
        client(**named)


def test_a_key_without_a_certificate_is_a_mistake(files: dict[str, Path]) -> None:
    """It would otherwise not be used, and nobody would know."""
    with pytest.raises(ConfigurationError, match=r"key_file=.* needs the certificate_file="):
        client(key_file=files["key"])


def test_nobody_is_asked_for_a_password(files: dict[str, Path]) -> None:
    """A service that waits for its terminal would never start."""
    with pytest.raises(ConfigurationError) as caught:
        client(certificate_file=files["certificate"], key_file=files["locked key"])
    assert "a key with a password would be asked for at the terminal" == str(caught.value.__cause__)


def test_nothing_of_a_file_is_told(files: dict[str, Path]) -> None:
    """The message names the mistake, not what is in the files, nor where they are."""
    with pytest.raises(ConfigurationError) as caught:
        client(certificate_file=files["locked key"])
    assert str(files["locked key"]) not in str(caught.value)


@both_colours
@pytest.mark.parametrize("names", [("both", None), ("certificate", "key")])
def test_a_certificate_is_shown_to_a_server_that_asks(
    files: dict[str, Path], names: tuple[str, str | None], colour: Colour
) -> None:
    """From one file or from two."""
    certificate, key = names
    http = client(certificate_file=files[certificate], key_file=None if key is None else files[key])
    with HostileServer(say(answer()), authority.asks_for_a_certificate()) as server:
        assert [200, 200] == statuses(colour.calls(http, question(server), question(server)))
        assert 1 == server.accepted
    http.close()


@both_colours
def test_several_authorities_can_be_in_a_file(tmp_path: Path, colour: Colour) -> None:
    """As while one is being replaced by another."""
    file = tmp_path / "both.pem"
    file.write_bytes(authority.ca_file("theirs").read_bytes() + authority.ca_file("ours").read_bytes())
    http = HttpxClient(ca_file=file)
    with served() as server, HostileServer(say(answer()), authority.other_authority()) as other:
        assert [200, 200] == statuses(colour.calls(http, question(server), question(other)))
    http.close()


@both_colours
def test_the_public_authorities_do_not_know_a_private_one(colour: Colour) -> None:
    """Without ca_file= certificates are verified too."""
    http = HttpxClient()
    with served() as server:
        expected = "its certificate is not good: unable to get local issuer certificate"
        assert [expected] == statuses(colour.calls(http, question(server)))
        assert [] == server.questions
    http.close()


def test_nothing_is_switched_off() -> None:
    """Whatever the files: the name is compared, the certificate is required, old TLS is refused."""
    for http in (HttpxClient(), client(), client(certificate_file=authority.client_file("ours"))):
        context = http._ssl_context
        assert (True, ssl.CERT_REQUIRED) == (context.check_hostname, context.verify_mode)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
