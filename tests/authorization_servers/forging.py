"""What somebody can make of a real token and of the keys that its issuer publishes, without any secret."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from joserfc.jwk import KeySet

from tests.signing import encode, text_of

Members = Mapping[str, Any]


def parts_of(token: str) -> tuple[Members, Members]:
    """Read the header and the claims of a token; nothing is verified."""
    header, claims = (json.loads(urlsafe_b64decode(f"{part}==")) for part in token.split(".")[:2])
    return header, claims


def unsigned(token: str) -> str:
    """The same claims, signed by nobody (RFC 7519 section 6)."""
    header, claims = parts_of(token)
    return f"{_content({**header, 'alg': 'none'}, claims)}."


def confused(token: str, published: Members) -> str:
    """The same claims, the published key taken for a shared secret (RFC 8725 section 2.1)."""
    header, claims = parts_of(token)
    key = KeySet.import_key_set(dict(published)).get_by_kid(header["kid"])  # type: ignore[arg-type]
    content = _content({**header, "alg": "HS256"}, claims)
    return f"{content}.{encode(hmac.digest(key.as_pem(private=False), content.encode(), 'sha256'))}"


def changed(token: str, **changes: Any) -> str:
    """Other claims under the same signature."""
    header, claims = parts_of(token)
    return f"{_content(header, {**claims, **changes})}.{token.rpartition('.')[2]}"


def _content(header: Members, claims: Members) -> str:
    return f"{encode(text_of(header).encode())}.{encode(text_of(claims).encode())}"
