"""An issuer of signed tokens: its key set, and access tokens as RFC 9068 has them.

Under RS256 one of its tokens has about 675 bytes.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from benchmarks.introspection_shared import RESOURCE

ISSUER = "https://as.example.org"
KID = "2011-04-29"
LIFETIME_SECONDS = 86_400  # longer than any measurement
RSA_BITS = 2048
MAKERS: dict[str, Any] = {
    "RS256": lambda: RSAKey.generate_key(RSA_BITS),
    "PS256": lambda: RSAKey.generate_key(RSA_BITS),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519"),
}


class Issuer:
    """One key, and what is signed with it; `public_key` is as joserfc takes it."""

    def __init__(self, algorithm: str = "RS256") -> None:
        self.algorithm = algorithm
        self._key = MAKERS[algorithm]()
        members = self._key.as_dict(private=False)
        self.public_key = type(self._key).import_key(members)
        self.key_set = {"keys": [{**members, "kid": KID, "use": "sig", "alg": algorithm}]}

    def sign(self, count: int) -> list[str]:
        """Issue tokens, each for another user."""
        header, algorithms = header_of(self.algorithm), [self.algorithm]
        return [jwt.encode(header, claims_of(n), self._key, algorithms=algorithms) for n in range(count)]


def header_of(algorithm: str, kid: str = KID) -> dict[str, str]:
    return {"typ": "at+jwt", "alg": algorithm, "kid": kid}


def claims_of(number: int, issuer: str = ISSUER) -> dict[str, Any]:
    """What an access token says (RFC 9068 section 2.2.3)."""
    now = int(time.time())
    return {
        "iss": issuer,
        "aud": RESOURCE,
        "sub": f"user{number}",
        "client_id": "s6BhdRkqt3",
        "scope": "tag rating",
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": f"{number:032x}",
    }


def base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
