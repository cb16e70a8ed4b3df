"""Make the certificate that a development server shows, of an authority that signs nothing else."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import trustme

from bearerguard.devserver.ownership import check_owner, check_private
from bearerguard.devserver.secrets import new_id
from bearerguard.errors import ConfigurationError

ORGANIZATION = "bearerguard development server"
MARK = "# Made by bearerguard devserver, which makes it anew where it is missing.\n"
LOCALHOST = "localhost"
THIS_MACHINE = (LOCALHOST, "127.0.0.1", "::1")
END = "-----END CERTIFICATE-----\n"
LIFETIME_SECONDS = 820 * 86_400.0  # Apple's systems refuse one that is for more than 825 days
MIN_REMAINING_SECONDS = 86_400.0  # a server that is started today must not fail its clients tonight
# What a client says of a certificate that is for another name, or another address (OpenSSL, x509_vfy.h).
ANOTHER_NAME = (62, 64)
MAX_FILE_BYTES = 65_536  # a key and two certificates are some 2 KB


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the server shows, and the file that clients trust it by (their `verify=` or `--cacert`)."""

    server: ssl.SSLContext
    ca_file: Path


def certificate_beside(store: Path, host: str, *, now: float) -> Certificate:
    """Take the certificate beside a store, or make it: for this machine's names and the host's.

    One that is for more names than these is as good, and one that is made anew is for its names too: each
    was a host once, and clients that trust the file are to trust it after the next start.
    FILE.tls.pem holds the key, FILE.ca.pem what clients trust; the key of the authority is kept nowhere,
    so that nothing else can ever be signed by it. Raises ConfigurationError.
    """
    tls_file, ca_file = files_beside(store)
    names = (*THIS_MACHINE, host)
    try:
        text = _read(tls_file, is_private=True)
        covered, ends_at = _covered(tls_file, text)
        wanted = {_plain(name): None for name in (*names, *covered)}
        if len(wanted) > len(covered) or ends_at < now + MIN_REMAINING_SECONDS:
            _replace(tls_file, _make((*wanted,), now), mode=0o600)
            text = _read(tls_file, is_private=True)
        # A copy of the last certificate in the other, which alone says what is right.
        authority = MARK + END.join(text.split(END)[-2:])
        if _read(ca_file, is_private=False) != authority:
            _replace(ca_file, authority, mode=0o644)
    except OSError as error:
        raise ConfigurationError(f"the certificate of the server cannot be kept beside {store}") from error
    return Certificate(_served(tls_file), ca_file)


def own_certificate(certificate: Path, key: Path | None, *, host: str) -> Certificate:
    """Take a certificate of somebody's own, for the name by which clients ask; the file ends with its root.

    Raises ConfigurationError, also where clients would refuse it.
    """
    try:
        _check_key(certificate, key)
        own = Certificate(_served(certificate, key), certificate)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(certificate)
        # The root may be elsewhere: then what is in the file is trusted as it stands.
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        _shake_hands(client, own.server, host)
    except ssl.SSLCertVerificationError as error:
        raise ConfigurationError(_why_refused(certificate, host, error)) from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(_why_unusable(certificate, key, error)) from error
    return own


def _check_key(certificate: Path, key: Path | None) -> None:
    if key is None and b"PRIVATE KEY-----" not in certificate.read_bytes():
        raise ConfigurationError(
            f"{certificate} has no key in it: name the PEM file of its key with key= (--key)"
        )


def _why_refused(certificate: Path, host: str, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in ANOTHER_NAME:
        return (
            f"{certificate} is not for {host}, so clients would refuse it: name one that is, or another host"
        )
    return f"clients would refuse {certificate}: {error.verify_message}"


def _why_unusable(certificate: Path, key: Path | None, error: OSError | ValueError) -> str:
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return (
            f"the key in {key or certificate} is not that of the certificate in {certificate}: "
            "name its own with key= (--key)"
        )
    return f"{certificate} and its key cannot be used: name the PEM files of a certificate and its key"


def files_beside(store: Path) -> tuple[Path, Path]:
    """Name the file with the key and the file of the authority."""
    return store.with_name(f"{store.name}.tls.pem"), store.with_name(f"{store.name}.ca.pem")


def _read(path: Path, *, is_private: bool) -> str:
    """Give what we have written there, nothing where there is nothing; what is not ours stays as it is."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        check_owner(path, status)
        text = file.read(MAX_FILE_BYTES).decode("ascii", "replace")
    if not text.startswith(MARK):
        raise ConfigurationError(
            f"{path} was not made by a development server: move it away, or name the store another way"
        )
    if is_private:
        check_private(path, status)
    return text


def _make(names: Sequence[str], now: float) -> str:
    authority = trustme.CA(organization_name=ORGANIZATION)
    try:
        leaf = authority.issue_cert(
            *names,
            organization_name=ORGANIZATION,
            not_before=datetime.fromtimestamp(now - MIN_REMAINING_SECONDS, UTC),
            not_after=datetime.fromtimestamp(now + LIFETIME_SECONDS, UTC),
        )
    except ValueError as error:
        raise ConfigurationError("no certificate can be made for this host: see its name") from error
    parts = (leaf.private_key_pem, leaf.cert_chain_pems[0], authority.cert_pem)
    return MARK + "".join(part.bytes().decode("ascii") for part in parts)


def _covered(path: Path, text: str) -> tuple[tuple[str, ...], float]:
    """Give the names that it is for and when it ends; none where a client that trusts it would refuse it."""
    if not text:
        return (), 0.0
    try:
        client = ssl.create_default_context(cadata=END.join(text.split(END)[-2:]))
        shown = _shake_hands(client, _served(path), LOCALHOST)
        ends_at = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    except (ssl.SSLError, ValueError, KeyError):
        return (), 0.0
    return tuple(dict.fromkeys(_plain(str(entry[1])) for entry in shown.get("subjectAltName", ()))), ends_at


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> dict[str, Any]:
    """Let the two talk without a network; give the certificate that the client has seen."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for one in (asking, answering, asking):
        with suppress(ssl.SSLWantReadError):
            one.do_handshake()
    return dict(asking.getpeercert() or {})


def _plain(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower()


def _served(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A key that needs a password must not ask for it on a terminal that nobody looks at.
    context.load_cert_chain(certificate, key, password="")
    return context


def _replace(path: Path, text: str, *, mode: int) -> None:
    """Write a file whole, and only then give it its name."""
    building = path.with_name(f".{path.name}.{new_id()}")
    try:
        with open(os.open(building, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w") as file:
            file.write(text)
        os.replace(building, path)
    finally:
        building.unlink(missing_ok=True)
