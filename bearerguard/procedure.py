"""The procedure: find, verify, check, confirm; the same for every framework, without any I/O.

A request that the cache knows goes through `authenticate` by plain calls alone. Wherever something
has to be waited for, a step gives the flow that will (see `flow.py`), and the same methods go on
from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bearerguard.credentials import Credentials, Found, credentials_of
from bearerguard.decisions import Reports
from bearerguard.errors import InsecureTransport, InvalidRequest, InvalidToken, Reason, Refusal, Unavailable
from bearerguard.flow import Flow, Step, call
from bearerguard.plain_http import PlainHttp, RevokeIn, is_loopback_development
from bearerguard.request import ResourceRequest
from bearerguard.schemes import Scheme
from bearerguard.schemes.bearer import TWO_WAYS
from bearerguard.scope_tree import ScopeTree
from bearerguard.token import AccessToken, Authentication, authentication_of
from bearerguard.verifiers import Verifier

SECURE = frozenset({"https", "wss"})
_ON_THE_SPOT = (bytes, Credentials)  # what a scheme may have found without a flow

LoadUser = Callable[[AccessToken], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a token is measured by; see `ResourceServer`, which takes each of them."""

    audiences: frozenset[str]
    plain_http: PlainHttp
    loopback_http: bool
    expiry_leeway_seconds: float
    not_before_leeway_seconds: float
    load_user: LoadUser | None
    scope_tree: ScopeTree | None
    now: Callable[[], float]


class Procedure:
    """Steps (1) to (6) of the design, for one resource server."""

    def __init__(
        self, verifier: Verifier, schemes: Mapping[str, Scheme], rules: Rules, reports: Reports
    ) -> None:
        self._verifier = verifier
        self._recall = verifier.recall
        self._has_many_issuers = verifier.many
        self._tree = rules.scope_tree
        # Known again by identity: what another server left with the facts is of its tree, and not of ours.
        self._reader: object = verifier.many if self._tree is None else (self._tree, verifier.many)
        self._schemes = schemes
        only = next(iter(schemes.values()))
        self._usual = only.name  # whose tokens come as bare bytes
        self._find: Callable[[ResourceRequest], Step[Found]] = (
            only.find if len(schemes) == 1 else self._find_in_any
        )
        self._rules = rules
        self._load_user = rules.load_user
        self._reports = reports
        self._is_heard = reports.listener is not None
        # Whether a good token alone is enough: nothing to be proved, no user to load, nobody to tell.
        has_proofs = any(one.has_proofs for one in schemes.values())
        self._is_plain = rules.load_user is None and not has_proofs and not self._is_heard

    def authenticate(self, request: ResourceRequest) -> Step[Authentication | None]:
        """Find out who sends this request; None where no token came.

        Raises a Refusal or Unavailable. Does not: insist on a token, or look at scopes.
        """
        if self._is_heard:
            request.started_at = time.monotonic()
        if request.scheme not in SECURE and not self.is_secure(request):
            return self._authenticate_over_plain_http(request)
        try:
            found = self._find(request)  # (1)
        except (Refusal, Unavailable) as refusal:
            self._reports.refused(refusal, request, None)
            raise
        if isinstance(found, _ON_THE_SPOT):
            return self._judge(request, found)
        return None if found is None else self._authenticate_later(request, found)

    def is_secure(self, request: ResourceRequest) -> bool:
        """Tell whether a token may come with this request: over https, or excused as development."""
        return request.scheme in SECURE or (self._rules.loopback_http and is_loopback_development(request))

    def _authenticate_later(
        self, request: ResourceRequest, finding: Flow[Found]
    ) -> Flow[Authentication | None]:
        """Go on where something has to be waited for before a token can be found."""
        try:
            found = yield from finding
        except (InvalidRequest, Unavailable) as refusal:
            self._reports.refused(refusal, request, None)
            raise
        if found is None:
            return None
        step = self._judge(request, found)
        return step if isinstance(step, Authentication) else (yield from step)

    def _find_in_any(self, request: ResourceRequest) -> Flow[Found]:
        return self._find_among(request, self._schemes.values())

    def _settle(self, step: Step[Found], scheme: str) -> Flow[Credentials | None]:
        if step is None or isinstance(step, bytes | Credentials):
            return credentials_of(step, scheme)
        return credentials_of((yield from step), scheme)

    def _find_among(self, request: ResourceRequest, schemes: Iterable[Scheme]) -> Flow[Credentials | None]:
        found: Credentials | None = None
        for scheme in schemes:
            one = yield from self._settle(scheme.find(request), scheme.name)
            if one is not None and found is not None:
                raise InvalidRequest(TWO_WAYS)
            found = one or found
        return found

    def _authenticate_over_plain_http(self, request: ResourceRequest) -> Flow[Authentication | None]:  # (2)
        asked = list(self._schemes.values())
        if self._rules.plain_http == "ignore":
            for scheme in asked:
                scheme.hide(request)
            asked = [scheme for scheme in asked if not scheme.requires_https]
        credentials = None
        try:
            credentials = yield from self._find_among(request, asked)
            if credentials is not None and self._schemes[credentials.scheme].requires_https:
                if isinstance(self._rules.plain_http, RevokeIn):
                    yield from self._rules.plain_http.burn(request, credentials)
                raise InsecureTransport
        except (Refusal, Unavailable) as refusal:
            self._reports.refused(refusal, request, credentials)
            raise
        if credentials is None:
            return None
        step = self._judge(request, credentials)
        return step if isinstance(step, Authentication) else (yield from step)

    def _judge(self, request: ResourceRequest, found: Credentials | bytes) -> Step[Authentication]:
        """Take steps (3) to (6) on the spot, or give the flow that will."""
        if isinstance(found, bytes):
            token, scheme = found, self._usual
        else:
            token, scheme = found.token, found.scheme
        try:
            facts = self._recall(token)  # (3), if it can be answered on the spot
            if not isinstance(facts, AccessToken):
                return self._verify(request, self._credentials_of(found))
            self._check(facts)  # (4)
        except (Refusal, Unavailable) as refusal:
            self._reports.refused(refusal, request, self._credentials_of(found))
            raise
        if self._is_plain and facts.confirmation is None:  # so (5) and (6) have nothing to say
            kept = facts._authentication
            if kept is not None and kept[0] == scheme and kept[1] is self._reader:
                return kept[2]
        return self._admit(request, self._credentials_of(found), facts, cached=self._verifier.cached)

    def _credentials_of(self, found: Credentials | bytes) -> Credentials:
        return Credentials(self._usual, found) if isinstance(found, bytes) else found

    def _verify(self, request: ResourceRequest, credentials: Credentials) -> Flow[Authentication]:
        try:
            facts: AccessToken | None = request.vouched_for
            if facts is None:
                facts = yield from self._verifier.verify(credentials)  # (3)
            if facts is None:
                raise InvalidToken(self._verifier.explain(credentials.token))
            self._check(facts)  # (4)
        except (Refusal, Unavailable) as refusal:
            self._reports.refused(refusal, request, credentials)
            raise
        return (yield from self._admit(request, credentials, facts, cached=False))

    def _check(self, facts: AccessToken) -> None:
        """Check what the clock and our name say, on every request: a cache hit is no exception."""
        rules = self._rules
        expires_at, not_before = facts.expires_at, facts.not_before
        if expires_at is not None or not_before is not None:
            now = rules.now()
            if expires_at is not None and now >= expires_at + rules.expiry_leeway_seconds:
                raise InvalidToken(Reason.EXPIRED)  # RFC 7519 section 4.1.4: "on or after"
            if not_before is not None and now < not_before - rules.not_before_leeway_seconds:
                raise InvalidToken(Reason.NOT_YET_VALID)
        if facts.audience and rules.audiences.isdisjoint(facts.audience):
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
            self._reports.refused(refusal, request, credentials)
            raise
        self._reports.passed(request, credentials, facts, cached=cached)
        scopes = facts.scopes if self._tree is None else self._tree.expand(facts.scopes)
        if user is not None:
            return Authentication(facts, user, credentials.scheme, credentials.logged_digest(), scopes)
        return authentication_of(facts, credentials, self._has_many_issuers, scopes, self._reader)
