"""Tell access tokens from what else an issuer signs, where the header says no more than JWT.

An ID token, a logout token and the answer of an authorization endpoint may all be signed by one key, for
an audience that is called like the API (RFC 8725 section 2.8). So more than a good signature is asked for
(section 3.12): what only others have must not be there, and something that only access tokens have must.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bearerguard.errors import InvalidToken, Reason
from bearerguard.wire.claims import find_text

Claims = Mapping[str, Any]

# Claims in which some issuers say what a token is, and what they say of an access token, in small letters:
# Keycloak, Cognito and others, Simple JWT.
KINDS = {
    "typ": frozenset({"bearer", "dpop", "at+jwt"}),
    "token_use": frozenset({"access", "access_token"}),
    "token_type": frozenset({"bearer", "dpop", "access", "access_token"}),
}

# Hashes of tokens beside this one (OpenID Connect Core 1.0 section 3.3.2.11); what a logout token or a
# security event token is about (OpenID Connect Back-Channel Logout 1.0 section 2.4, RFC 8417 section 2.2);
# and what a signed answer of an authorization endpoint hands over, beside a `scope` and a `token_type`
# (JARM section 2.1).
OF_OTHERS = frozenset(
    {"at_hash", "c_hash", "s_hash", "events", "access_token", "id_token", "refresh_token", "code", "state"}
)

# No ID token says how far it reaches, nor names a client but by `azp`. That one is no sign, whether it is
# among the audience or not: an ID token that one client gets for another has it too, as Google's do. (Nor
# are roles and groups, which some ID tokens have.)
OF_ACCESS_TOKENS = frozenset({"scope", "scp", "permissions", "client_id", "cid", "appid"})


def check_kind(claims: Claims, *, is_chosen: bool) -> None:
    """Raise InvalidToken for what is, or may be, no access token.

    `is_chosen` says that somebody has named claims by which to tell, so that nothing need be guessed.
    Raises ValueError for a claim of the wrong type.
    """
    if not OF_OTHERS.isdisjoint(claims):
        raise InvalidToken(Reason.WRONG_TYPE)
    is_said = _says_access_token(claims)
    if is_said or is_chosen:
        return
    # Keycloak put the nonce into every token before its version 25: those say in `typ` what they are.
    if "nonce" in claims or OF_ACCESS_TOKENS.isdisjoint(claims):
        raise InvalidToken(Reason.WRONG_TYPE)


def _says_access_token(claims: Claims) -> bool:
    """Tell whether the token calls itself one. Raises InvalidToken where it calls itself another."""
    is_said = False
    for name, kinds in KINDS.items():
        kind = find_text(claims, name)
        if kind is None or (name == "typ" and kind.lower() == "jwt"):
            continue
        if kind.lower() not in kinds:
            raise InvalidToken(Reason.WRONG_TYPE)
        is_said = True
    return is_said
