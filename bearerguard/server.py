"""The procedure: find, verify, confirm, authorize; the same for every framework, without any I/O.

A request that the cache knows goes through `authenticate` by plain calls alone. Wherever something
has to be waited for, a step gives the flow that will (see `flow.py`), and the same methods go on
from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bearerguard.credentials import Credentials
from bearerguard.decisions import Decision, OnDecision, Outcome, check_on_decision, log_refusal, reason_of
from bearerguard.errors import (
    InsecureTransport,
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
    Reason,
    Refusal,
    Unavailable,
)
from bearerguard.flow import Flow, Step, call, settle
from bearerguard.plain_http import PlainHttp, RevokeIn, check_plain_http, is_loopback_development
from bearerguard.request import ResourceRequest
from bearerguard.responses import Answer, RenderRefusal, names_scheme, respond
from bearerguard.schemes import Scheme
from bearerguard.schemes.bearer import TWO_WAYS, Bearer
from bearerguard.scopes import Requirement
from bearerguard.settings import (
    check_audiences,
    check_callable,
    check_leeway,
    check_realm,
    check_resource,
    check_schemes,
    check_verifier,
)
from bearerguard.token import AccessToken, Authentication, authentication_of
from bearerguard.verifiers import Verifier

SECURE = frozenset({"https", "wss"})


class ResourceServer:
    """The API that is protected (RFC 6749 section 1.1): who vouches for tokens, and what is asked of them.

    `resource` is its identifier, an https URL (RFC 9728 section 1.2); `audiences` (by default just
    that) are the values of which a token that names an audience must name one, compared as strings.
    `load_user` turns the facts about a token into the application's own user, `def` or `async def`;
    its None is a 401. `render_refusal` shapes the bodies of refusals, `on_decision` hears of every
    decision. Leeways are seconds that the clocks of others may differ by.

    Raises ConfigurationError for everything that could not work.
    """

    def __init__(
        self,
        *,
        resource: str,
        realm: str,
        verifier: Verifier,
        audiences: Iterable[str] | None = None,
        schemes: Sequence[Scheme] = (Bearer(),),
        plain_http: PlainHttp = "refuse",
        loopback_http: bool = False,
        expiry_leeway_seconds: float = 0.0,
        not_before_leeway_seconds: float = 30.0,
        load_user: Callable[[AccessToken], Any] | None = None,
        render_refusal: RenderRefusal | None = None,
        on_decision: OnDecision | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.resource = check_resource(resource)
        self.realm = check_realm(realm)
        self.verifier = check_verifier(verifier)
        self._audiences = check_audiences(audiences, resource)
        self._schemes = check_schemes(schemes)
        self._plain_http = check_plain_http(plain_http)
        self._loopback_http = loopback_http
        self._expiry_leeway_seconds = check_leeway("expiry_leeway_seconds", expiry_leeway_seconds)
        self._not_before_leeway_seconds = check_leeway("not_before_leeway_seconds", not_before_leeway_seconds)
        self._load_user = check_callable("load_user", load_user, "that takes an AccessToken")
        self._render_refusal = check_callable("render_refusal", render_refusal, "that takes a refusal")
        self._on_decision = check_on_decision(on_decision)
        self._now = now
        self._find: Callable[[ResourceRequest], Step[Credentials | None]] = self._find_in_any
        if len(self._schemes) == 1:
            self._find = schemes[0].find
        self._recall = self.verifier.recall
        # Whether a good token alone is not enough: the sender must prove something, or a user be loaded.
        self._asks_more = load_user is not None or any(one.has_proofs for one in self._schemes.values())
        self._has_many_issuers = self.verifier.many
        self._bare_challenges = {
            name: scheme.challenge(self.realm, None) for name, scheme in self._schemes.items()
        }

    # -- authenticate: steps (1) to (6) of the design -------------------------------------------------

    def authenticate(self, request: ResourceRequest) -> Step[Authentication | None]:
        """Find out who sends this request; None where no token came.

        Raises a Refusal or Unavailable. Does not: insist on a token (`nobody` does), or look at scopes
        (`authorize` does).
        """
        if self._on_decision is not None:
            request.started_at = time.monotonic()
        if request.scheme not in SECURE and not self._is_excused(request):
            return self._authenticate_over_plain_http(request)
        try:
            found = self._find(request)  # (1)
        except InvalidRequest as refusal:
            self._refused(refusal, request, None)
            raise
        if found is None:
            return None
        if isinstance(found, Credentials):
            return self._judge(request, found)
        return self._wait_for_form(request, found)

    def _find_in_any(self, request: ResourceRequest) -> Flow[Credentials | None]:
        return self._find_among(request, self._schemes.values())

    def _find_among(self, request: ResourceRequest, schemes: Iterable[Scheme]) -> Flow[Credentials | None]:
        found: Credentials | None = None
        for scheme in schemes:
            one = yield from settle(scheme.find(request), Credentials)
            if one is not None and found is not None:
                raise InvalidRequest(TWO_WAYS)
            found = one or found
        return found

    def _wait_for_form(
        self, request: ResourceRequest, finding: Flow[Credentials | None]
    ) -> Flow[Authentication | None]:
        try:
            credentials = yield from finding
        except InvalidRequest as refusal:
            self._refused(refusal, request, None)
            raise
        if credentials is None:
            return None
        return (yield from settle(self._judge(request, credentials), Authentication))

    def _is_excused(self, request: ResourceRequest) -> bool:
        return self._loopback_http and is_loopback_development(request)

    def _authenticate_over_plain_http(self, request: ResourceRequest) -> Flow[Authentication | None]:  # (2)
        asked = list(self._schemes.values())
        if self._ignores_plain_http:
            self.hide(request)
            asked = [scheme for scheme in asked if not scheme.requires_https]
        try:
            credentials = yield from self._find_among(request, asked)
            if credentials is not None and self._schemes[credentials.scheme].requires_https:
                if isinstance(self._plain_http, RevokeIn):
                    yield from self._plain_http.burn(request, credentials)
                raise InsecureTransport
        except Refusal as refusal:
            self._refused(refusal, request, None)
            raise
        if credentials is None:
            return None
        return (yield from settle(self._judge(request, credentials), Authentication))

    @property
    def _ignores_plain_http(self) -> bool:
        return self._plain_http == "ignore"

    def _judge(self, request: ResourceRequest, credentials: Credentials) -> Step[Authentication]:
        try:
            facts = self._recall(credentials)  # (3), if it can be answered on the spot
            if not isinstance(facts, AccessToken):
                return self._verify(request, credentials)
            self._check(facts)  # (4)
        except (Refusal, Unavailable) as refusal:
            self._refused(refusal, request, credentials)
            raise
        if self._asks_more or facts.confirmation is not None:
            return self._admit(request, credentials, facts, cached=self.verifier.cached)
        if self._on_decision is not None:
            self._passed(request, credentials, facts, cached=self.verifier.cached)
        kept = facts._authentication
        if kept is not None and kept[0] == credentials.scheme and kept[1] is self._has_many_issuers:
            return kept[2]
        return authentication_of(facts, credentials.scheme, self._has_many_issuers)

    def _verify(self, request: ResourceRequest, credentials: Credentials) -> Flow[Authentication]:
        try:
            facts: AccessToken | None = request.vouched_for
            if facts is None:
                facts = yield from self.verifier.verify(credentials)  # (3)
            if facts is None:
                raise InvalidToken(Reason.UNKNOWN)
            self._check(facts)  # (4)
        except (Refusal, Unavailable) as refusal:
            self._refused(refusal, request, credentials)
            raise
        return (yield from self._admit(request, credentials, facts, cached=False))

    def _check(self, facts: AccessToken) -> None:
        """Check what the clock and our name say, on every request: a cache hit is no exception."""
        if facts.expires_at is not None or facts.not_before is not None:
            now = self._now()
            if facts.expires_at is not None and now >= facts.expires_at + self._expiry_leeway_seconds:
                raise InvalidToken(Reason.EXPIRED)  # RFC 7519 section 4.1.4: "on or after"
            if facts.not_before is not None and now < facts.not_before - self._not_before_leeway_seconds:
                raise InvalidToken(Reason.NOT_YET_VALID)
        if facts.audience and self._audiences.isdisjoint(facts.audience):
            raise InvalidToken(Reason.WRONG_AUDIENCE)

    def _admit(
        self, request: ResourceRequest, credentials: Credentials, facts: AccessToken, *, cached: bool
    ) -> Flow[Authentication]:
        user = None
        try:
            confirming = self._schemes[credentials.scheme].confirm(credentials, facts, request)  # (5)
            if confirming is not None:
                yield from confirming
            if self._load_user is not None and not facts.is_application:  # (6)
                user = yield from call(self._load_user, facts)
                if user is None:
                    raise InvalidToken(Reason.NO_SUCH_USER)
        except (Refusal, Unavailable) as refusal:
            self._refused(refusal, request, credentials)
            raise
        self._passed(request, credentials, facts, cached=cached)
        if user is not None:
            return Authentication(facts, user, credentials.scheme)
        return authentication_of(facts, credentials.scheme, self._has_many_issuers)

    def _passed(
        self, request: ResourceRequest, credentials: Credentials, facts: AccessToken, *, cached: bool
    ) -> None:
        if self._on_decision is not None:
            self._tell(request, Outcome.PASSED, None, credentials, facts.verifier, cached=cached)

    def hide(self, request: ResourceRequest) -> None:
        """Take credentials out of the places that get logged, without a look at them."""
        for scheme in self._schemes.values():
            scheme.hide(request)

    # -- authorize and refuse ------------------------------------------------------------------------

    def authorize(
        self, authentication: Authentication | None, required: Requirement, *, secure: bool = True
    ) -> None:
        """Make sure that a request may use a route (RFC 6750 section 3.1).

        Raises InsufficientScope, or where no token came what `missing` gives.
        """
        if authentication is None:
            raise self.missing(secure=secure)
        if not required.is_met_by(authentication.scopes):
            refusal = InsufficientScope(required.scopes)
            log_refusal(refusal, None)
            if self._on_decision is not None:
                self._on_decision(
                    Decision(
                        outcome=Outcome.REFUSED,
                        reason=reason_of(refusal),
                        scheme=authentication.scheme,
                        verifier=authentication.access_token.verifier,
                    )
                )
            raise refusal

    def nobody(self, request: ResourceRequest, *, allowed: bool) -> None:
        """Let a request without a token pass, or raise what `missing` gives."""
        if not allowed:
            raise self.missing(secure=self.is_secure(request))
        if self._on_decision is not None:
            self._tell(request, Outcome.ANONYMOUS, None, None, None, cached=False)

    def is_secure(self, request: ResourceRequest) -> bool:
        """Tell whether a token may come with this request: over https, or excused as development."""
        return request.scheme in SECURE or self._is_excused(request)

    def missing(self, *, secure: bool) -> Refusal:
        """Give the refusal of a request that needs a token and has none."""
        refusal = MissingCredentials() if secure or self._ignores_plain_http else InsecureTransport()
        log_refusal(refusal, None)
        if self._on_decision is not None:
            self._on_decision(Decision(outcome=Outcome.REFUSED, reason=reason_of(refusal)))
        return refusal

    def respond(self, error: Refusal | Unavailable, method: str = "GET") -> Answer:
        """Write the answer to a request that may not pass."""
        refusal = error if isinstance(error, Refusal) else None
        return respond(
            error,
            challenges=[scheme.challenge(self.realm, refusal) for scheme in self._schemes.values()],
            method=method,
            render=self._render_refusal,
        )

    def challenges_beside(self, challenges: list[str]) -> list[str]:
        """Give the challenges that a 401 of the application's own lacks, to follow the ones it has."""
        return [
            challenge
            for name, challenge in self._bare_challenges.items()
            if not names_scheme(challenges, name)
        ]

    def ports(self) -> list[Callable[..., Any]]:
        """Every function of others that a request may call."""
        ports = list(self.verifier.ports())
        if self._load_user is not None:
            ports.append(self._load_user)
        if isinstance(self._plain_http, RevokeIn):
            ports.extend(self._plain_http.ports())
        return ports

    def _refused(
        self, error: Refusal | Unavailable, request: ResourceRequest, credentials: Credentials | None
    ) -> None:
        log_refusal(error, credentials)
        if self._on_decision is not None:
            outcome = Outcome.REFUSED if isinstance(error, Refusal) else Outcome.UNAVAILABLE
            self._tell(request, outcome, reason_of(error), credentials, None, cached=False)

    def _tell(
        self,
        request: ResourceRequest,
        outcome: Outcome,
        reason: str | None,
        credentials: Credentials | None,
        verifier: str | None,
        *,
        cached: bool,
    ) -> None:
        assert self._on_decision is not None  # noqa: S101 - asked for by every caller
        self._on_decision(
            Decision(
                outcome=outcome,
                reason=reason,
                scheme=credentials and credentials.scheme,
                transport=credentials and credentials.transport,
                digest=credentials and credentials.logged_digest(),
                verifier=verifier,
                cached=cached,
                seconds=time.monotonic() - request.started_at,
            )
        )
