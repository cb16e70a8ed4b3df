"""Sign tokens as an authorization server does (RFC 9068), and forge them as others would."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from bearerguard.demo.wallet import LIFETIME_SECONDS, RESOURCE
from bearerguard.wire.base64url import encode_base64url

ALGORITHM = "ES256"
TYPE = "at+jwt"


class Signer:
    """The keys of an authorization server: the newest one signs, and the older ones are published as well."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys: list[ECKey] = []
        self.rotate()

    @property
    def newest(self) -> ECKey:
        return self._keys[-1]

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._keys.append(ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True))

    def withdraw(self) -> None:
        """Have done with all keys but the newest."""
        del self._keys[:-1]

    def published(self) -> Mapping[str, Any]:
        """Give the public keys (RFC 7517 section 5)."""
        return KeySet(list(self._keys)).as_dict(private=False)

    def sign(self, subject: str, *, audience: str = RESOURCE, key: ECKey | None = None) -> str:
        """Sign a token that was not there before; `key` may be one that is not published any more."""
        key = key or self.newest
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}
        return jwt.encode(header, self._claims(subject, audience), key)

    def forge_unsigned(self, subject: str) -> str:
        """Give what anybody can make: the same claims, signed by nobody (RFC 8725 section 2.1)."""
        return f"{_content({'alg': 'none', 'typ': TYPE}, self._claims(subject))}."

    def forge_with_public_key(self, subject: str) -> str:
        """Give what anybody can make who takes the published key for a shared secret (the same section)."""
        content = _content({"alg": "HS256", "typ": TYPE, "kid": self.newest.kid}, self._claims(subject))
        digest = hmac.digest(self.newest.as_pem(private=False), content.encode("ascii"), "sha256")
        return f"{content}.{encode_base64url(digest).decode('ascii')}"

    def _claims(self, subject: str, audience: str = RESOURCE) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self._issuer,
            "sub": subject,
            "client_id": "picard",
            "aud": audience,
            "scope": "profile",
            "jti": secrets.token_urlsafe(),
            "iat": now,
            "exp": now + int(LIFETIME_SECONDS),
        }


def _content(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    parts = (encode_base64url(json.dumps(part).encode()) for part in (header, claims))
    return b".".join(parts).decode("ascii")
