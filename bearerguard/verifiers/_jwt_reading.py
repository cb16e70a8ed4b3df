"""Take a JWT apart and see whose it says it is (RFC 7519 section 7.2), before any of it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bearerguard.errors import InvalidToken, Reason
from bearerguard.verifiers._claims import Claims
from bearerguard.wire.json import parse_object
from bearerguard.wire.jws import CompactJws, find_payload, is_encrypted, looks_like_jws, parse_compact

# Strangers can send tokens at any time, and each value costs more to read than the rest of its token. The
# longest claims are lists of groups, which Entra ID cuts at 200.
MAX_CLAIM_VALUES = 512


@dataclass(slots=True)
class UnverifiedJwt:
    """A token that claims to be of our issuer; whoever sent it may have written all of it.

    Not frozen: it lives for one look, and freezing would double what it costs.
    """

    jws: CompactJws
    claims: Claims = field(repr=False)


def read_jwt(token: bytes, issuer: str) -> UnverifiedJwt | None:
    """Read a token of this issuer; None is somebody else's.

    Raises InvalidToken for one that names this issuer and is malformed: that is final, so that nobody else is
    asked about a token in our issuer's name without a signature.
    """
    if not looks_like_jws(token):
        return None
    try:
        jws = parse_compact(token)
        claims = parse_claims(jws.payload)
    except ValueError:
        if _names_issuer(find_payload(token), issuer):
            raise InvalidToken(Reason.MALFORMED) from None
        return None
    return UnverifiedJwt(jws, claims) if claims.get("iss") == issuer else None


def parse_claims(payload: bytes) -> dict[str, Any]:
    """Parse what a token says. Raises ValueError, whose message is fixed text."""
    return parse_object(payload, max_values=MAX_CLAIM_VALUES)


def explain_other(token: bytes) -> Reason:
    """Say of a token that is somebody else's what can be told of it."""
    if not looks_like_jws(token):
        return Reason.UNKNOWN
    if is_encrypted(token):
        return Reason.ENCRYPTED
    try:
        parse_claims(parse_compact(token).payload)
    except ValueError:
        return Reason.MALFORMED
    return Reason.WRONG_ISSUER


def _names_issuer(payload: bytes | None, issuer: str) -> bool:
    """Tell whether a payload names this issuer; one that cannot be read does where the name is in it."""
    if payload is None:
        return False
    try:
        return parse_claims(payload).get("iss") == issuer
    except ValueError:
        return issuer.encode("ascii") in payload.replace(rb"\/", b"/")
