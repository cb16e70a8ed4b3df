"""Revoke what others have issued, before it expires: a revocation is a record of its own in a token store.

    token     = of this one token
    jti       = of the token that an issuer calls so (RFC 7519 section 4.1.7)
    subject   = of all that an issuer has issued to somebody before an instant
    client    = of all that an issuer has issued to an application before an instant

A token of our own is revoked in its own record. Of a JWT there is none, so there a record is the revocation,
until the token would have expired. No token leads to it: its digest is of a text that no token can be.

    digest    = first 24 bytes of SHA-256( JSON-list of kind and names ) "bgrevoke"
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from hashlib import sha256

from bearerguard.errors import ConfigurationError
from bearerguard.stores import DIGEST_BYTES, ID_CHARACTERS, TokenRecord, digest_of
from bearerguard.wire.jws import looks_like_jws

# By this a revocation is known among the tokens, and its ID, which is the beginning, is still its own.
_MARK = b"bgrevoke"

# A revocation must outlive the last moment at which a guard may take the token: no leeway is as long.
MARGIN_SECONDS = 86_400.0

SIGNED_DOTS = 2  # with four it is encrypted

Clock = Callable[[], float]


def revocation_of_token(token: str, *, expires_at: float | None, now: Clock = time.time) -> TokenRecord:
    """Make the record that revokes this token: keep it with `store.extend(record)`.

    `expires_at` is the token's own expiry, after which nothing need be remembered; None is never.
    """
    label = f"revokes the token {digest_of(token).hex()[:ID_CHARACTERS]}"
    return _record(key_of_token(token.encode("utf-8", "surrogateescape")), now(), expires_at, label)


def revocation_of_jti(
    issuer: str, jti: str, *, expires_at: float | None, now: Clock = time.time
) -> TokenRecord:
    """Make the record that revokes the token of this name: keep it with `store.extend(record)`.

    `expires_at` is the token's own expiry, after which nothing need be remembered; None is never.
    """
    _check_names(issuer=issuer, jti=jti)
    return _record(key_of_jti(issuer, jti), now(), expires_at, f"revokes the token {jti} of {issuer}")


def revocation_of_subject(
    issuer: str,
    subject: str,
    *,
    issued_before: float | None = None,
    expires_at: float | None = None,
    now: Clock = time.time,
) -> TokenRecord:
    """Make the record that revokes all tokens of a subject: keep it with `store.extend(record)`.

    `issued_before` is the instant, by default now; tokens that were issued then or later are good.
    `expires_at` is when the last of the others expires, after which nothing need be remembered; None is
    never.
    """
    _check_names(issuer=issuer, subject=subject)
    instant = now() if issued_before is None else issued_before
    label = f"revokes what {issuer} had issued to {subject}"
    return _record(key_of_subject(issuer, subject), instant, expires_at, label)


def revocation_of_client(
    issuer: str,
    client_id: str,
    *,
    issued_before: float | None = None,
    expires_at: float | None = None,
    now: Clock = time.time,
) -> TokenRecord:
    """Make the record that revokes all tokens of an application: keep it with `store.extend(record)`.

    `issued_before` and `expires_at` are those of `revocation_of_subject`.
    """
    _check_names(issuer=issuer, client_id=client_id)
    instant = now() if issued_before is None else issued_before
    label = f"revokes what {issuer} had issued to the application {client_id}"
    return _record(key_of_client(issuer, client_id), instant, expires_at, label)


def key_of_token(token: bytes) -> bytes:
    """Give the digest under which the revocation of a token is kept.

    Of a signed one without its signature: of an ECDSA signature anybody can make another one that is as
    good, and so a token that nobody has seen before.
    """
    is_signed = looks_like_jws(token) and token.count(b".") == SIGNED_DOTS
    statement = token.rpartition(b".")[0] if is_signed else token
    return _key("token", sha256(statement).hexdigest())


def key_of_jti(issuer: str, jti: str) -> bytes:
    """Give the digest under which the revocation of a token is kept that its issuer calls so."""
    return _key("jti", issuer, jti)


def key_of_subject(issuer: str, subject: str) -> bytes:
    """Give the digest under which the revocation of a subject's tokens is kept."""
    return _key("subject", issuer, subject)


def key_of_client(issuer: str, client_id: str) -> bytes:
    """Give the digest under which the revocation of an application's tokens is kept."""
    return _key("client", issuer, client_id)


def is_revocation(digest: bytes) -> bool:
    """Tell whether the record with this digest is a revocation, and no token."""
    return digest.endswith(_MARK)


def _key(*names: str) -> bytes:
    # A list in JSON can be read in one way only, so no two lists are one text.
    return sha256(json.dumps(names).encode("ascii")).digest()[: DIGEST_BYTES - len(_MARK)] + _MARK


def _record(key: bytes, issued_at: float, expires_at: float | None, label: str) -> TokenRecord:
    # Of no user and no application, so that "revoke all of alice" leaves it alone; and not revoked itself,
    # since a purge forgets what was revoked long ago, and this must stay for as long as its tokens may.
    kept_until = None if expires_at is None else expires_at + MARGIN_SECONDS
    try:
        return TokenRecord(key, issued_at=issued_at, expires_at=kept_until, label=label)
    except ValueError as error:
        raise ConfigurationError(f"a revocation cannot be made: {error}") from error


def _check_names(**names: str) -> None:
    for name, value in names.items():
        if not isinstance(value, str) or not value:
            raise ConfigurationError(
                f"a revocation needs {name}= as tokens have it, a text that is not empty"
            )
