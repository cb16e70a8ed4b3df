"""What a client presented, before anybody has looked at whether it is any good."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

LOGGED_DIGEST_CHARACTERS = 8  # enough to find a token in the store, far too few to guess one


@dataclass(slots=True)
class Credentials:
    """Unverified credentials: the scheme they came by, the token, and the proof of holding it.

    `transport` says where the token was found: "header", "form" or "query". Neither token nor proof
    shows in `repr()`. Not frozen, unlike every other value here: one is made for each request, and
    freezing would double what that costs.
    """

    scheme: str
    token: bytes = field(repr=False)
    transport: str = "header"
    proof: object = field(default=None, repr=False)

    def digest(self) -> bytes:
        """SHA-256 of the token, 32 bytes: the only form in which a token is kept."""
        return sha256(self.token).digest()

    def logged_digest(self) -> str:
        """The first 8 hexadecimal digits of the digest, for logs and decisions."""
        return self.digest().hex()[:LOGGED_DIGEST_CHARACTERS]


Found = Credentials | bytes | None
"""What a scheme finds. Bare bytes are a token from the header, with nothing more to be said of it: the
usual case, for which no object is made until somebody needs one."""


def credentials_of(found: Found, scheme: str) -> Credentials | None:
    """Make credentials of what a scheme has found."""
    return Credentials(scheme, found) if isinstance(found, bytes) else found
