"""Keys that are given: a JWK Set or a PEM, from a file or as it stands; each mistake with its cure."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bearerguard import ConfigurationError
from bearerguard.keys.static import StaticKeys
from tests.clients.answering import in_both_colours
from tests.keys.material import KINDS, MESSAGE, jwk, private_key, sign

each_kind = pytest.mark.parametrize("kind", KINDS)
USABLE = "an RSA key of 2048 to 16384 bits, an EC key on P-256, P-384 or P-521, an Ed25519 or an Ed448 key"
NO_SOURCE = "StaticKeys needs the path of a JWK Set or PEM file, the text of a PEM, or a JWK Set as a mapping"
NONE_LEFT = f"StaticKeys was given no key that is for signatures; give it the public part of {USABLE}"


def neither(why: str) -> str:
    return f"StaticKeys was given neither a JWK Set in JSON nor a PEM: {why}"


def unusable(number: int, why: str) -> str:
    return f"StaticKeys cannot use key {number} that it was given: {why}; give it the public part of {USABLE}"


def mistake(source: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        StaticKeys(source)
    return str(caught.value)


def pem(key: Any) -> str:
    """A public key as a PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()  # type: ignore[no-any-return]


def pem_of(kind: str, number: int = 0) -> str:
    return pem(private_key(kind, number).public_key)


def certificate(kind: str) -> str:
    """A certificate of this key, long expired."""
    name = x509.Name([])
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name, serial_number=1)
    builder = builder.not_valid_before(datetime(2001, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2002, 1, 1, tzinfo=UTC))
    builder = builder.public_key(private_key(kind).public_key)  # type: ignore[arg-type]
    signer = private_key("P-256").private_key
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode()  # type: ignore[arg-type]


def takes(source: Any, kind: str) -> bool:
    """Whether what this kind of key signs is good, under any name."""
    keys = StaticKeys(source)
    return all(
        key.verify(algorithm, MESSAGE, sign(algorithm, kind))
        for algorithm in KINDS[kind]
        for kid in (None, "a")
        for key in [*keys.find(kid, algorithm)] or [None]  # type: ignore[list-item]
    )


@each_kind
def test_a_key_is_taken_in_each_form(kind: str, tmp_path: Path) -> None:
    """As a text, a mapping or a file; white space and words around a PEM are the format's (RFC 7468)."""
    key_set = {"keys": [jwk(kind, kid="a")]}
    crlf = pem_of(kind).replace("\n", "\r\n")
    for content in (pem_of(kind), f"words\n{crlf}words\n", certificate(kind), json.dumps(key_set)):
        path = tmp_path / "keys"
        path.write_bytes(content.encode())
        assert [True] * 3 == [takes(source, kind) for source in (path, str(path), content)]
    assert takes(key_set, kind)
    assert takes(jwk(kind), kind)


def test_a_name_that_is_not_there_is_no_key() -> None:
    """Unless a key without one may be meant."""
    keys = StaticKeys({"keys": [jwk("RSA", kid="a")]})
    assert [1, 0, 0] == [len(keys.find(kid, "RS256")) for kid in ("a", "b", "")]  # type: ignore[arg-type]
    assert 0 == len(keys.find("a", "ES256"))  # type: ignore[arg-type]
    mixed = StaticKeys({"keys": [jwk("RSA", kid="a"), jwk("RSA", 1)]})
    assert [1, 1, 2] == [len(mixed.find(kid, "RS256")) for kid in ("a", "b", None)]  # type: ignore[arg-type]


def test_keys_for_something_else_are_passed_over() -> None:
    """As in a set that an issuer publishes; with nothing else in it, there is a mistake."""
    others = [jwk("RSA", 1, use="enc"), {"kty": "AKP", "pub": "AA"}]
    assert takes({"keys": [*others, jwk("RSA")]}, "RSA")
    assert [NONE_LEFT] * 2 == [mistake({"keys": others}), mistake({"keys": []})]


@pytest.mark.parametrize(
    "source",
    [
        None,
        5,
        b"x",
        "",
        [],
        [jwk("RSA")],
        StaticKeys,
        {"keys": {1, 2}},
        {"keys": [b"x"]},
        {b"keys": []},
        Path(),
    ],
)
def test_something_else_is_no_source(source: Any) -> None:
    """It is asked for by name."""
    expected = (
        NO_SOURCE if source != Path() else "StaticKeys cannot read the file that it was given: Is a directory"
    )
    assert expected == mistake(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{}", neither("keys is not a list")),
        ('{"keys":5}', neither("keys is not a list")),
        ('{"keys":[],"keys":[]}', neither("a member's name is repeated")),
        ('{"keys":[', neither("not JSON")),
        ("[\n]", neither("not a JSON object")),
        ("ssh-rsa AAAA\n", neither("not JSON")),
        ({}, neither("keys is not a list")),
        ({"keys": [{}] * 65}, neither("it has more than 64 keys")),
        ({"keys": [float("nan")]}, neither("NaN and infinities are not JSON")),
        ({"keys": ["a"]}, unusable(1, "it is not an object")),
        ({"keys": [jwk("RSA"), {"kty": "oct", "k": "c2VjcmV0"}]}, unusable(2, "it is a shared secret")),
        (jwk("RSA", n="AQAB"), unusable(1, "its modulus has fewer than 2048 bits")),
        (jwk("P-256", x=jwk("P-256", 1)["x"]), unusable(1, "its numbers are no key of its kind")),
        (private_key("RSA").as_dict(private=True), unusable(1, "it is a private key")),
        (pem_of("RSA") + pem_of("RSA", 1), neither("it is not exactly one key")),
        (certificate("RSA") + certificate("P-256"), neither("it is not exactly one key")),
        (pem_of("RSA").replace("PUBLIC KEY", "X509 CRL"), neither("it is no public key or certificate")),
        (pem_of("RSA").replace("MII", "AAA"), neither("it is no public key or certificate")),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            neither("it is no public key or certificate"),
        ),
    ],
)
def test_what_is_no_set_of_good_keys_is_a_mistake(source: Any, expected: str) -> None:
    """In one sentence, which says nothing of what is in it."""
    assert expected == mistake(source)


def test_a_private_pem_is_a_mistake() -> None:
    """In each of its formats, encrypted or not, alone or beside the public one."""
    key = private_key("RSA").private_key
    assert isinstance(key, rsa.RSAPrivateKey)
    password = BestAvailableEncryption(b"x")
    forms = [(PrivateFormat.PKCS8, NoEncryption()), (PrivateFormat.TraditionalOpenSSL, NoEncryption())]
    forms += [(PrivateFormat.OpenSSH, NoEncryption()), (PrivateFormat.PKCS8, password)]  # type: ignore[list-item]
    for form, encryption in forms:
        text = key.private_bytes(Encoding.PEM, form, encryption).decode()
        for source in (text, pem_of("RSA") + text):
            cure = "give its public part: openssl pkey -in private.pem -pubout"
            assert neither(f"it is a private key; {cure}") == mistake(source)


def test_a_pem_of_a_key_that_is_not_good_enough_is_a_mistake() -> None:
    """A small one, and kinds that sign no tokens."""
    small = pem(rsa.generate_private_key(65_537, 1024).public_key())  # noqa: S505 - that is the point
    assert unusable(1, "its modulus has fewer than 2048 bits") == mistake(small)
    for kind in (ec.SECP256K1(), ec.SECP224R1(), ec.BrainpoolP256R1()):
        assert NONE_LEFT == mistake(pem(ec.generate_private_key(kind).public_key()))
    for other in (x25519.X25519PrivateKey.generate(), dsa.generate_private_key(2048)):
        assert NONE_LEFT == mistake(pem(other.public_key()))


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    """The reason is the system's; the text that was given is not repeated, it may be a secret."""
    unreadable = "StaticKeys cannot read the file that it was given: {}"
    no_file = unreadable.format("No such file or directory")
    assert [no_file] * 2 == [mistake(tmp_path / "none"), mistake("a-secret-of-ours")]
    assert unreadable.format("Is a directory") == mistake(str(tmp_path))
    assert unreadable.format("File name too long") == mistake("x" * 5000)
    assert NO_SOURCE == mistake("a\0b")
    path = tmp_path / "keys"
    path.write_bytes(b"\xff\xfe")
    assert unreadable.format("it is not text in UTF-8") == mistake(path)


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """It is another file, or a device."""
    path = tmp_path / "keys"
    path.write_text(json.dumps({"keys": [jwk("RSA")]}).ljust(65_536))
    assert takes(path, "RSA")
    path.write_bytes(path.read_bytes() + b" ")
    too_large = "StaticKeys was given a file of more than 64 KiB, which is no set of keys: see its path"
    assert [too_large] * 2 == [mistake(path), mistake("/dev/zero")]


WITHOUT = """
import sys
sys.modules["joserfc"] = None
from bearerguard.keys.{module} import {name}
try:
    {name}("https://as.example.org/jwks.json")
except Exception as error:
    print(type(error).__name__, error, sep=": ")
"""


@pytest.mark.parametrize(("module", "name"), [("static", "StaticKeys"), ("remote", "RemoteKeys")])
def test_without_the_library_it_says_what_to_install(module: str, name: str) -> None:
    """Which belongs to an extra."""
    code = WITHOUT.format(module=module, name=name)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = f"{name} needs joserfc to verify signatures: pip install 'bearerguard[jwt]'"
    assert f"ConfigurationError: {expected}\n" == ran.stdout


@pytest.mark.parametrize("module", ["bearerguard.keys", "bearerguard.keys.static", "bearerguard.keys.remote"])
def test_to_import_the_door_and_its_leaves_is_cheap(module: str) -> None:
    """The library comes with the first keys."""
    code = f"import sys, {module}; print({{'joserfc', 'cryptography', 'ssl', 'asyncio'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "set()\n" == ran.stdout


@in_both_colours
def test_given_keys_need_nothing_else(finish: Any) -> None:
    """They never change, call nobody, and have nothing to let go of."""
    keys = StaticKeys(jwk("RSA"))
    keys.subscribe(pytest.fail)
    finish(keys.warm_up())
    finish(keys.close())
    assert [] == [*keys.ports()]
    assert takes(jwk("RSA"), "RSA")
