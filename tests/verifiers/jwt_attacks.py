"""Every published class of attack on JWTs, and what a guard with our settings answers to each.

docs/jwt.md shows this table; tests/docs/test_jwt.py keeps the two the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from bearerguard.schemes.bearer import TOO_LONG
from bearerguard.wire.authorization import MALFORMED as NO_TOKEN
from tests.verifiers import jwt_attacks_claims as claims
from tests.verifiers import jwt_attacks_forms as forms
from tests.verifiers import jwt_attacks_signatures as signatures

Tokens = Callable[[], Iterator[str]]


@dataclass(frozen=True)
class Attack:
    """One class: its name, the tokens of it, and the reason for the 401 that each of them gets.

    `asks` says that a token gets as far as the question for keys; for every other none may be fetched.
    `is_ours` says that the answer is final, since it names our issuer. `refusal` is the text of a 400,
    where a request is refused before anybody looks at its token.
    """

    name: str
    tokens: Tokens = field(repr=False)
    reason: str = ""
    _: KW_ONLY
    asks: bool = False
    is_ours: bool = True
    refusal: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


ALGORITHM = "signed by an algorithm that is not accepted"
KEY = "signed by an unknown key"
SIGNATURE = "bad signature"
MALFORMED = "malformed"
TYPE = "not an access token"
ISSUER = "wrong issuer"
ODD = "a claim makes no sense"
MISSING = "a claim is missing or has another value"
AMBIGUOUS = "a user by the application's name"
LATER = "issued at a time that is to come"

SIGNATURES = (
    Attack("`alg: none` in any spelling, without a signature", signatures.none_at_all, MALFORMED),
    Attack("`alg: none` in any spelling, with one", signatures.none_with_something, ALGORITHM),
    Attack("HS256 with the public key as its secret: PEM, DER, JWK", signatures.symmetric, ALGORITHM),
    Attack("an algorithm that is not in `algorithms`", signatures.not_accepted, ALGORITHM),
    Attack("a key used by an algorithm of another kind", signatures.other_kinds, KEY, asks=True),
    Attack("a `kid` that is a path, a query, a URL, a command", signatures.chosen_kid, KEY, asks=True),
    Attack("a `kid` that is no text, or of more than 1024 characters", signatures.odd_kid, MALFORMED),
    Attack("a key brought along: `jwk`, `jku`, `x5c`, `x5u`", signatures.brought_along, SIGNATURE, asks=True),
    Attack("a signature of zeros (psychic), or of another length", signatures.psychic, SIGNATURE, asks=True),
    Attack("a signature of another token, or by another key", signatures.not_of_this, SIGNATURE, asks=True),
)

FORMS = (
    Attack("`crit`, `b64`", forms.extended, MALFORMED),
    Attack("an encrypted token (JWE)", forms.encrypted, "encrypted", is_ours=False),
    Attack("a token in a token (nested JWT)", forms.nested, MALFORMED, is_ours=False),
    Attack("a name twice in the header or in the claims", forms.ambiguous, MALFORMED),
    Attack("NaN, `1e400`, deep nesting, half a character, no UTF-8", forms.unreadable, MALFORMED),
    Attack("more than 512 values in the claims", forms.numerous, MALFORMED),
    Attack("base64url in another spelling: unused bits, `+` and `/`", forms.respelt, MALFORMED),
    Attack("claims that cannot be decoded", forms.undecodable, MALFORMED, is_ours=False),
    Attack("two segments, or four", forms.misshapen, "unknown", is_ours=False),
    Attack("a header of more than 8 KiB", forms.large_header, MALFORMED),
    Attack("padding, spaces, line breaks, JSON serialization", forms.no_token, refusal=NO_TOKEN),
    Attack("more than `max_token_bytes`", forms.huge, refusal=TOO_LONG),
)

CLAIMS = (
    Attack("`iss` with one slash more, in capitals, a look-alike", claims.issuers, ISSUER, is_ours=False),
    Attack("a client's assertion (RFC 7523)", claims.assertions, ISSUER, is_ours=False),
    Attack("`aud` of which ours is a part or a beginning", claims.audiences, "wrong audience", asks=True),
    Attack("`aud` that is neither a text nor a list of texts", claims.odd_audiences, ODD),
    Attack("`aud` that is empty, or missing", claims.no_audiences, "no audience"),
    Attack("another `typ`: JWT, logout+jwt, secevent+jwt, dpop+jwt", claims.other_types, TYPE),
    Attack('`typ=("JWT",)`, and an ID or refresh token', claims.id_tokens, TYPE, settings=claims.PLAIN),
    Attack('`typ=("JWT",)`, and a logout token or an event', claims.events, TYPE, settings=claims.PLAIN),
    Attack('`typ=("JWT",)`, and what is for a client (JARM)', claims.answers, TYPE, settings=claims.PLAIN),
    Attack('`typ=("JWT",)`, and neither user nor client', claims.nobody, MISSING, settings=claims.PLAIN),
    Attack(
        "`subject_from`, and a user by an application's name, or by none",
        claims.unnamed,
        AMBIGUOUS,
        settings=claims.BY_EMAIL,
    ),
    Attack("`exp`, `iat`, `nbf`, `sub` of another type; milliseconds", claims.odd, ODD),
    Attack("no `sub`, `client_id` or `jti`", claims.incomplete, MISSING),
    Attack("no `exp`", claims.endless, "no expiry"),
    Attack("`exp` 5 minutes ago or more", claims.expired, "expired"),
    Attack("`exp` less than 5 minutes ago", claims.just_expired, "expired", asks=True),
    Attack("`iat` more than 5 minutes ahead", claims.of_tomorrow, LATER),
    Attack("`nbf` more than 5 minutes ahead", claims.not_yet, "not yet valid"),
    Attack("a token that is bound to a key (`cnf`)", claims.bound, "bound to a key", asks=True),
)

ATTACKS = SIGNATURES + FORMS + CLAIMS
