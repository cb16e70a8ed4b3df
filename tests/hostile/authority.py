"""Certificates for the tests: a private authority that is trusted, and everything that is not good enough."""

from __future__ import annotations

import atexit
import shutil
import ssl
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import trustme

HOST = "127.0.0.1"


@cache
def folder() -> Path:
    """Where the files are, until the process ends."""
    path = Path(tempfile.mkdtemp(prefix="bearerguard-authority-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def authority(name: str) -> trustme.CA:
    """An authority; the client trusts "ours"."""
    return trustme.CA(organization_name=name)


@cache
def ca_file(name: str) -> Path:
    """The file that names an authority to a client."""
    path = folder() / f"{name}-ca.pem"
    authority(name).cert_pem.write_to_path(str(path))
    return path


@cache
def client_file(name: str) -> Path:
    """A client's certificate and its key, in one file."""
    path = folder() / f"{name}-client.pem"
    authority(name).issue_cert("client.example.org").private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


def served(issued: trustme.LeafCert) -> ssl.SSLContext:
    """What a server shows that has this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


@cache
def good() -> ssl.SSLContext:
    return served(authority("ours").issue_cert(HOST, "localhost"))


@cache
def wrong_host() -> ssl.SSLContext:
    return served(authority("ours").issue_cert("other.example.org"))


@cache
def expired() -> ssl.SSLContext:
    past = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, tzinfo=UTC)
    return served(authority("ours").issue_cert(HOST, not_before=past[0], not_after=past[1]))


@cache
def other_authority() -> ssl.SSLContext:
    return served(authority("theirs").issue_cert(HOST))


@cache
def self_signed() -> ssl.SSLContext:
    path = folder() / "self-signed.pem"
    alone = authority("alone")
    path.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@cache
def asks_for_a_certificate() -> ssl.SSLContext:
    context = served(authority("ours").issue_cert(HOST))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file("ours"))
    return context
