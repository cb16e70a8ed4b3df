"""Read what an introspection endpoint answers (RFC 7662 sections 2.2 and 2.3).

inactive                    None: not a good token here, and perhaps another verifier's
active, and all of it fits  the facts
active, but not for us      InvalidToken: another issuer, a refresh token, nobody's audience
anything else               Unavailable: an answer that makes no sense says nothing of the token
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bearerguard.checks import check_names, check_switches
from bearerguard.clients import HttpResponse
from bearerguard.errors import InvalidToken, Reason, Unavailable
from bearerguard.outage import Seldom
from bearerguard.token import AccessToken
from bearerguard.verifiers._claims import ODD_SCOPES, Claims, check_chosen_subject, find_scopes
from bearerguard.wire.claims import find_audience, find_instant, find_object, find_text
from bearerguard.wire.json import parse_object

logger = logging.getLogger("bearerguard")

# Null says of these what their absence says: nobody, no application. Of others it says nothing.
NULLABLE = frozenset({"sub", "client_id", "username"})

# `access_token` is what Duende IdentityServer says for Bearer.
BEARER_TYPES = frozenset({"bearer", "access_token"})

# A server that cuts `exp` to whole seconds calls a token active for a moment longer; that is no news.
CLOCK_TOLERANCE_SECONDS = 5.0

# Keycloak calls refresh tokens active, and says in `typ` what they are.
OTHER_TYPES = frozenset({"refresh", "offline", "id"})


# Of a token in a form that a server does not answer for, as an encrypted one (RFC 7009 section 2.2.1 has the
# name): it vouches for none of those, and a stranger can send one at any time.
UNSUPPORTED_TOKEN_TYPE = "unsupported_token_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReader:
    """What an answer has to say to be good; see `Introspection`, which takes each of these."""

    name: str
    issuer: str | None
    require_audience: bool
    require_token_type: bool
    scopes_from: str | None
    subject_from: str | None
    now: Callable[[], float]
    seldom: Seldom

    def __post_init__(self) -> None:
        check_switches(
            "Introspection",
            require_audience=self.require_audience,
            require_token_type=self.require_token_type,
        )
        check_names("Introspection", issuer=self.issuer)
        check_names("Introspection", scopes_from=self.scopes_from, subject_from=self.subject_from)

    def read(self, response: HttpResponse) -> AccessToken | None:
        """Give the facts, or None for an inactive token. Raises InvalidToken and Unavailable."""
        error = _error_of(response) if response.status == 400 else None
        if error == UNSUPPORTED_TOKEN_TYPE:
            return None
        if response.status in (401, 403) or error == "invalid_client":
            raise Unavailable(f"it answers {response.status} to our own credentials: see client=")
        if response.status != 200:
            raise Unavailable(f"it answers {response.status}")
        if response.media_type != "application/json":
            raise Unavailable("its answer is not application/json")
        try:
            claims = parse_object(response.content)
            if not _is_active(claims):
                return None
            facts = self._facts(claims)
        except ValueError as error:
            raise Unavailable(f"its answer makes no sense: {error}") from error
        self._check_type(claims)
        check_chosen_subject(facts, claims, self.subject_from)
        self._check_origin(claims, facts)
        self._check_clocks(facts)
        return facts

    def _facts(self, claims: Claims) -> AccessToken:
        subject_from = self.subject_from or "sub"
        nullable = {*NULLABLE, subject_from}
        said = {name: claim for name, claim in claims.items() if claim is not None or name not in nullable}
        for name in ("sub", "username", "jti", "token_type", "token_use", "typ"):
            find_text(said, name)
        return AccessToken(
            subject=find_text(said, subject_from),
            client_id=find_text(said, "client_id"),
            scopes=self._scopes(said),
            issuer=find_text(said, "iss") or self.issuer,
            authority=self._authority(find_text(said, "iss")),
            audience=find_audience(said) or (),
            issued_at=find_instant(said, "iat"),
            not_before=find_instant(said, "nbf"),
            expires_at=find_instant(said, "exp"),
            confirmation=find_object(said, "cnf"),
            claims=claims,
            verifier=self.name,
        )

    def _authority(self, iss: str | None) -> str:
        """Say whose subjects these are: an issuer that nobody has configured is only what the server says."""
        if self.issuer is not None:
            return self.issuer
        return self.name if iss is None else f"{self.name} {iss}"

    def _scopes(self, claims: Claims) -> frozenset[str]:
        scopes = find_scopes(claims, self.scopes_from)
        if scopes is None:
            self._warn(ODD_SCOPES)
        return scopes or frozenset()

    def _check_type(self, claims: Claims) -> None:
        """Tell access tokens from the others that a server may call active."""
        token_type = claims.get("token_type")
        if token_type is None and self.require_token_type:
            raise InvalidToken(Reason.WRONG_TYPE)
        if token_type is not None and token_type.lower() not in BEARER_TYPES:
            raise InvalidToken(Reason.WRONG_TYPE)
        if claims.get("token_use", "access_token") != "access_token":
            raise InvalidToken(Reason.WRONG_TYPE)
        if claims.get("typ", "").lower() in OTHER_TYPES:
            raise InvalidToken(Reason.WRONG_TYPE)

    def _check_origin(self, claims: Claims, facts: AccessToken) -> None:
        if self.issuer is not None and facts.issuer != self.issuer:
            raise InvalidToken(Reason.WRONG_ISSUER)
        if not facts.audience and (self.require_audience or "aud" in claims):
            raise InvalidToken(Reason.NO_AUDIENCE)  # an empty list is no list of ours either

    def _check_clocks(self, facts: AccessToken) -> None:
        if facts.expires_at is not None and self.now() >= facts.expires_at + CLOCK_TOLERANCE_SECONDS:
            self._warn("%s calls a token active that has expired by our clock: one of the two may be wrong")

    def _warn(self, text: str) -> None:
        if self.seldom.is_news(text):
            logger.warning(text, self.name)


def _error_of(response: HttpResponse) -> object:
    """Find the error that a 400 names (RFC 6749 section 5.2)."""
    try:
        return parse_object(response.content).get("error")
    except ValueError:
        return None


def _is_active(claims: Claims) -> bool:
    """Only true is active; what is neither true nor false is no answer at all."""
    active = claims.get("active")
    if not isinstance(active, bool):
        raise ValueError("active is neither true nor false")
    return active
