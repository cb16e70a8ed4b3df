"""What a JWT has to say to be an access token for us (RFC 9068 sections 2 and 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bearerguard.errors import InvalidToken, Reason
from bearerguard.stores import FIRST_IMPOSSIBLE_INSTANT
from bearerguard.token import AccessToken
from bearerguard.verifiers._claims import Claims, check_chosen_subject, find_scopes
from bearerguard.verifiers._jwt_kinds import check_kind
from bearerguard.verifiers._jwt_settings import PLAIN_TYPE, PROFILE_TYPE
from bearerguard.wire.claims import find_audience, find_instant, find_object, find_text

# What the clocks of others may differ by, "usually no more than a few minutes" (RFC 7519 section 4.1.4).
CLOCK_TOLERANCE_SECONDS = 300.0

# Where plain JWTs name the client: RFC 9068, OpenID Connect, Okta, Entra ID in its version 1.
CLIENTS = ("client_id", "azp", "cid", "appid")


@dataclass(slots=True, kw_only=True)
class Statement:
    """What a token states, read only as far as it takes to refuse it; the rest waits for the signature.

    Not frozen: it lives for one look, and freezing would double what it costs.
    """

    subject: str | None
    client_id: str | None
    audience: tuple[str, ...]
    issued_at: float | None
    not_before: float | None
    expires_at: float | None
    confirmation: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is asked of a token; see `JwtVerifier`, which takes each of these."""

    issuer: str
    algorithms: frozenset[str]
    types: frozenset[str]
    require_audience: bool
    require_claims: Mapping[str, str | None] | None
    scopes_from: str | None
    subject_from: str | None
    now: Callable[[], float]

    def judge(self, header: Mapping[str, Any], claims: Claims) -> Statement:
        """Give what a token of our issuer says, if nothing but its key is left to ask. Raises InvalidToken.

        Does not: verify its signature, and until then none of it is more than a stranger's claim; nor compare
        times and audience, but for what no clock can explain.
        """
        is_profile = self._check_header(header)
        try:
            stated = self._read(claims, is_profile)
            self._check_claims(claims, stated, is_profile)
        except ValueError:
            raise InvalidToken(Reason.MALFORMED_CLAIM) from None
        return stated

    def vouch(self, stated: Statement, claims: Claims, *, verifier: str) -> AccessToken:
        """Make facts of what has turned out to be the issuer's word; a stranger's is not worth the copies."""
        return AccessToken(
            subject=stated.subject,
            client_id=stated.client_id,
            scopes=find_scopes(claims, self.scopes_from) or frozenset(),
            issuer=self.issuer,
            audience=stated.audience,
            issued_at=stated.issued_at,
            not_before=stated.not_before,
            expires_at=stated.expires_at,
            confirmation=stated.confirmation,
            claims=claims,
            verifier=verifier,
        )

    def find_untimely(self, stated: Statement) -> Reason | None:
        """Find why a token is out of its time, by more than clocks differ; None where it is not."""
        now = self.now()
        if stated.expires_at is not None and now >= stated.expires_at + CLOCK_TOLERANCE_SECONDS:
            return Reason.EXPIRED
        if stated.not_before is not None and now < stated.not_before - CLOCK_TOLERANCE_SECONDS:
            return Reason.NOT_YET_VALID
        return None

    def has_odd_scopes(self, claims: Claims) -> bool:
        """Tell whether the scopes are in a form that is not understood, and so are none."""
        return find_scopes(claims, self.scopes_from) is None

    def _check_header(self, header: Mapping[str, Any]) -> bool:
        """Check what the header says (RFC 9068 section 4); tell whether it is of that profile."""
        kind = _kind_of(header.get("typ"))
        if kind not in self.types:  # (1)
            raise InvalidToken(Reason.WRONG_TYPE)
        # (2) An encrypted token never gets here: it names no issuer that could be read.
        # (3) The issuer is ours, or nobody would have asked.
        if header["alg"] not in self.algorithms:  # (5), and the key will have to agree
            raise InvalidToken(Reason.WRONG_ALGORITHM)
        return kind == PROFILE_TYPE

    def _read(self, claims: Claims, is_profile: bool) -> Statement:
        return Statement(
            subject=find_text(claims, self.subject_from or "sub"),
            client_id=find_text(claims, "client_id") if is_profile else _find_client(claims),
            audience=find_audience(claims) or (),
            issued_at=_find_possible_instant(claims, "iat"),
            not_before=_find_possible_instant(claims, "nbf"),
            expires_at=_find_possible_instant(claims, "exp"),
            confirmation=find_object(claims, "cnf"),
        )

    def _check_claims(self, claims: Claims, stated: Statement, is_profile: bool) -> None:
        """Check what can be known without a key, so that nothing is fetched for a token without a chance."""
        if not stated.audience and (is_profile or self.require_audience or "aud" in claims):  # (4)
            raise InvalidToken(Reason.NO_AUDIENCE)
        if stated.expires_at is None:  # (6), of which the rest is the server's
            raise InvalidToken(Reason.NO_EXPIRY)
        if stated.issued_at is not None and self.now() < stated.issued_at - CLOCK_TOLERANCE_SECONDS:
            raise InvalidToken(Reason.ISSUED_LATER)
        names = (find_text(claims, "sub"), find_text(claims, "jti"), stated.client_id)
        if is_profile and None in names:  # RFC 9068 section 2.2, but for `iat`, on which nothing depends
            raise InvalidToken(Reason.MISSING_CLAIM)
        for name, value in (self.require_claims or {}).items():
            if claims.get(name) is None or value not in (None, claims[name]):
                raise InvalidToken(Reason.MISSING_CLAIM)
        if not is_profile:
            check_kind(claims, is_chosen=self.require_claims is not None)
        check_chosen_subject(stated, claims, self.subject_from)
        if stated.subject is None and stated.client_id is None:  # nobody: all such would be one application
            raise InvalidToken(Reason.MISSING_CLAIM)


def _kind_of(typ: str | None) -> str:
    """Name a header's type: in small letters, without "application/" (RFC 7515 section 4.1.9)."""
    return PLAIN_TYPE if typ is None else typ.lower().removeprefix("application/")


def _find_client(claims: Claims) -> str | None:
    named = [find_text(claims, name) for name in CLIENTS]
    return next((client for client in named if client is not None), None)


def _find_possible_instant(claims: Claims, name: str) -> float | None:
    instant = find_instant(claims, name)
    if instant is not None and not 0 <= instant < FIRST_IMPOSSIBLE_INSTANT:
        raise ValueError(f"{name} is in milliseconds, or before 1970")
    return instant
