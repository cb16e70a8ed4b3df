"""The resource server: what it is built from, and what it says to a request that may not pass."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Self, Unpack
from urllib.parse import urlsplit

from bearerguard.clients.authentication import ClientAuthentication
from bearerguard.decisions import OnDecision, Reports, check_on_decision
from bearerguard.errors import InsecureTransport, InsufficientScope, MissingCredentials, Refusal, Unavailable
from bearerguard.flow import Flow, arun, run
from bearerguard.issuer import Issuer
from bearerguard.plain_http import PlainHttp, RevokeIn, check_plain_http
from bearerguard.procedure import LoadUser, Procedure, Rules
from bearerguard.request import ResourceRequest
from bearerguard.responses import Answer, RenderRefusal, names_scheme, respond
from bearerguard.schemes import Scheme
from bearerguard.schemes.bearer import Bearer
from bearerguard.scope_tree import ScopeTree
from bearerguard.scopes import Requirement
from bearerguard.settings import (
    ServerSettings,
    check_audiences,
    check_callable,
    check_clock,
    check_leeway,
    check_loopback_http,
    check_realm,
    check_rendering,
    check_resource,
    check_schemes,
    check_scope_tree,
    check_verifier,
)
from bearerguard.token import Authentication
from bearerguard.verifiers import Verifier
from bearerguard.verifiers._jwt_settings import RequiredClaims
from bearerguard.verifiers.cached import Cached

logger = logging.getLogger("bearerguard")


class ResourceServer:
    """The API that is protected (RFC 6749 section 1.1): who vouches for tokens, and what is asked of them.

    `resource` is its identifier, an https URL (RFC 9728 section 1.2); `audiences` (by default just
    that) are the values of which a token that names an audience must name one, compared as strings.
    `load_user` turns the facts about a token into the application's own user, `def` or `async def`;
    its None is a 401. `scope_tree` says which scopes include others. `render_refusal` shapes the bodies
    of refusals, `on_decision` hears of every decision. Leeways are seconds that the clocks of others may
    differ by.

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
        load_user: LoadUser | None = None,
        scope_tree: ScopeTree | None = None,
        render_refusal: RenderRefusal | None = None,
        on_decision: OnDecision | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.resource = check_resource(resource)
        self.realm = check_realm(realm)
        self.verifier = check_verifier(verifier)
        self._schemes = check_schemes(schemes)
        rules = Rules(
            audiences=check_audiences(audiences, resource),
            plain_http=check_plain_http(plain_http),
            loopback_http=check_loopback_http(loopback_http),
            expiry_leeway_seconds=check_leeway("expiry_leeway_seconds", expiry_leeway_seconds),
            not_before_leeway_seconds=check_leeway("not_before_leeway_seconds", not_before_leeway_seconds),
            load_user=check_callable("load_user", load_user, "that takes an AccessToken"),
            scope_tree=check_scope_tree(scope_tree),
            now=check_clock(now),
        )
        self._rules = rules
        self._reports = Reports(check_on_decision(on_decision))
        self._render_refusal = check_rendering(render_refusal)
        procedure = Procedure(self.verifier, self._schemes, rules, self._reports)
        # Bound here rather than wrapped in methods: every request calls the first of them.
        self.authenticate = procedure.authenticate
        self.is_secure = procedure.is_secure
        self._bare_challenges = {name: one.challenge(self.realm, None) for name, one in self._schemes.items()}

    @classmethod
    def for_issuer(
        cls,
        issuer: str | Issuer,
        *,
        resource: str,
        realm: str | None = None,
        client: ClientAuthentication | None = None,
        algorithms: Collection[str] = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA"),
        typ: Collection[str] = ("at+jwt",),
        require_audience: bool | None = None,
        require_token_type: bool = False,
        require_claims: RequiredClaims | None = None,
        scopes_from: str | None = None,
        subject_from: str | None = None,
        **settings: Unpack[ServerSettings],
    ) -> Self:
        """Accept the tokens of one issuer, given by its name: where its keys are it says itself (RFC 8414).

        Its signed tokens are verified as by `JwtVerifier`, which explains the parameters from `algorithms`
        on. About others it is asked as by `Introspection`, if `client` says who we are to it: see there for
        `require_token_type`. `require_audience` goes for both; None: a signed token must name one, an answer
        need not. `realm` is by default the resource's host, `settings` are those of `ResourceServer`.
        """
        now = settings.get("now", time.time)
        verifier = (issuer if isinstance(issuer, Issuer) else Issuer(issuer, now=now)).verifier(
            client=client,
            algorithms=algorithms,
            typ=typ,
            require_audience=require_audience,
            require_token_type=require_token_type,
            require_claims=require_claims,
            scopes_from=scopes_from,
            subject_from=subject_from,
        )
        host = urlsplit(check_resource(resource)).hostname or ""
        realm = host if realm is None else realm
        return cls(resource=resource, realm=realm, verifier=Cached(verifier, now=now), **settings)

    def nobody(self, request: ResourceRequest, *, allowed: bool) -> None:
        """Let a request without a token pass, or raise what `missing` gives."""
        if not allowed:
            raise self.missing(request, secure=self.is_secure(request))
        self._reports.anonymous(request)

    def missing(self, request: ResourceRequest | None, *, secure: bool) -> Refusal:
        """Give the refusal of a request that needs a token and has none."""
        ignored = self._rules.plain_http == "ignore"
        has_other_scheme = request is not None and len(request.authorization()) > 0
        refusal = MissingCredentials(has_other_scheme) if secure or ignored else InsecureTransport()
        self._reports.refused(refusal, request, None)
        return refusal

    def authorize(
        self, authentication: Authentication | None, required: Requirement, *, secure: bool = True
    ) -> Authentication:
        """Make sure that a request may use a route (RFC 6750 section 3.1).

        Raises InsufficientScope, or where no token came what `missing` gives.
        """
        if authentication is None:
            raise self.missing(None, secure=secure)
        if not required.is_met_by(authentication.scopes):
            refusal = InsufficientScope(required.scopes)
            self._reports.out_of_scope(refusal, authentication)
            raise refusal
        return authentication

    def respond(self, error: Refusal | Unavailable, method: str = "GET") -> Answer:
        """Write the answer to a request that may not pass."""
        challenges: list[str] = []
        if isinstance(error, Refusal):
            challenges = [scheme.challenge(self.realm, error) for scheme in self._schemes.values()]
        return respond(error, challenges=challenges, method=method, render=self._render_refusal)

    def challenges_beside(self, challenges: list[str]) -> list[str]:
        """Give the challenges that a 401 of the application's own lacks, to follow the ones it has."""
        return [
            challenge
            for name, challenge in self._bare_challenges.items()
            if not names_scheme(challenges, name)
        ]

    def hide(self, request: ResourceRequest) -> None:
        """Take credentials out of the places that get logged, without a look at them."""
        for scheme in self._schemes.values():
            scheme.hide(request)

    def warm_up(self) -> None:
        """Fetch what the first request would wait for, such as keys; a failure is only logged."""
        run(self._warm_up())

    async def awarm_up(self) -> None:
        """Do the same on this event loop, as `AsgiMiddleware` does when the application has started."""
        await arun(self._warm_up())

    def close(self) -> None:
        """Let go of what outlives a request, such as connections of threads; it can be used again."""
        run(self.verifier.close())

    async def aclose(self) -> None:
        """Let go of what outlives a request on this event loop as well."""
        await arun(self.verifier.close())

    def _warm_up(self) -> Flow[None]:
        try:
            yield from self.verifier.warm_up()
        except Unavailable as error:
            logger.warning("what the first request will need could not be fetched: %s", error)

    def ports(self) -> list[Callable[..., Any]]:
        """Every function of others that a request may call."""
        ports = list(self.verifier.ports())
        if self._rules.load_user is not None:
            ports.append(self._rules.load_user)
        if isinstance(self._rules.plain_http, RevokeIn):
            ports.extend(self._rules.plain_http.ports())
        return ports
