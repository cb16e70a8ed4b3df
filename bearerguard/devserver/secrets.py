"""Make what must not be guessed, and keep only what it cannot be read from.

What we make ourselves has 256 random bits, so its plain SHA-256 is enough; a password has not, and gets
a slow hash with a salt.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from werkzeug.security import check_password_hash, generate_password_hash

SECRET_BYTES = 32
ID_BYTES = 12  # what only has to differ
# Of 2**13 blocks, it takes some 20 ms: a page of a development server has no such crowd that more is needed.
PASSWORD_METHOD = "scrypt:8192:8:1"


def new_secret(prefix: str = "") -> str:
    """Make a client secret, a code or a refresh token."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def new_id() -> str:
    """Make a name that nothing else has; it is no secret."""
    return secrets.token_hex(ID_BYTES)


def digest_of(secret: str) -> bytes:
    """Give the SHA-256 of a secret of ours."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()


def is_secret(given: str, digest: bytes | None) -> bool:
    """Tell whether a secret is the one of this digest."""
    return digest is not None and hmac.compare_digest(digest_of(given), digest)


def hash_password(password: str) -> str:
    """Hash a password of a person's own choice."""
    return generate_password_hash(password, PASSWORD_METHOD)


def is_password(given: str, password_hash: str | None) -> bool:
    """Tell whether a password is right; it takes as long where there is no such user."""
    is_right = check_password_hash(password_hash or _NOBODYS, given)
    return is_right and password_hash is not None


_NOBODYS = hash_password(secrets.token_hex(SECRET_BYTES))
