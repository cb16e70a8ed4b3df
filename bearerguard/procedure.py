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
from bearerguard.token import AccessToken, Authentication, authentication_of
from bearerguard.verifiers import Verifier

SECURE = frozenset({"https", "wss"})

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
    now: Callable[[], float]


class Procedure:
    """Steps (1) to (6) of the design, for one resource server."""

    def __init__(
        self, verifier: Verifier, schemes: Mapping[str, Scheme], rules: Rules, reports: Reports
    ) -> None:
        self._verifier = verifier
        self._recall = verifier.recall
        self._has_many_issuers = verifier.many
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
        found: Step[Found] = None
        try:
            found = self._find(request)  # (1)
            if found is None:
                return None
            if not isinstance(found, bytes):
                return self._authenticate_later(request, found)
            facts = self._recall(found)  # (3), if it can be answered on the spot
            if not isinstance(facts, AccessToken):
                return self._verify(request, Credentials(self._usual, found))
            self._check(facts)  # (4)
        except (Refusal, Unavailable) as refusal:
            credentials = Credentials(self._usual, found) if isinstance(found, bytes) else None
            self._reports.refused(refusal, request, credentials)
            raise
        kept = facts._authentication
        is_usual = kept is not None and kept[0] == self._usual and kept[1] is self._has_many_issuers
        if self._is_plain and facts.confirmation is None and kept is not None and is_usual:
            return kept[2]
        return self._admit(request, Credentials(self._usual, found), facts, cached=self._verifier.cached)

    def is_secure(self, request: ResourceRequest) -> bool:
        """Tell whether a token may come with this request: over https, or excused as development."""
        return request.scheme in SECURE or (self._rules.loopback_http and is_loopback_development(request))

    def _authenticate_later(
        self, request: ResourceRequest, found: Credentials | Flow[Found]
    ) -> Flow[Authentication | None]:
        """Go on where a token is not in the header alone, or where that has still to be found out."""
        try:
            credentials = yield from self._settle(found, self._usual)
        except (InvalidRequest, Unavailable) as refusal:
            self._reports.refused(refusal, request, None)
            raise
        return None if credentials is None else (yield from self._judge(request, credentials))

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
        return None if credentials is None else (yield from self._judge(request, credentials))

    def _judge(self, request: ResourceRequest, credentials: Credentials) -> Flow[Authentication]:
        try:
            facts = self._recall(credentials.token)  # (3), if it can be answered on the spot
            if isinstance(facts, AccessToken):
                self._check(facts)  # (4)
        except (Refusal, Unavailable) as refusal:
            self._reports.refused(refusal, request, credentials)
            raise
        if isinstance(facts, AccessToken):
            return (yield from self._admit(request, credentials, facts, cached=self._verifier.cached))
        return (yield from self._verify(request, credentials))

    def _verify(self, request: ResourceRequest, credentials: Credentials) -> Flow[Authentication]:
        try:
            facts: AccessToken | None = request.vouched_for
            if facts is None:
                facts = yield from self._verifier.verify(credentials)  # (3)
            if facts is None:
                raise InvalidToken(Reason.UNKNOWN)
            self._check(facts)  # (4)
        except (Refusal, Unavailable) as refusal:
            self._reports.refused(refusal, request, credentials)
            raise
        return (yield from self._admit(request, credentials, facts, cached=False))

    def _check(self, facts: AccessToken) -> None:
        """Check what the clock and our name say, on every request: a cache hit is no exception."""
        rules = self._rules
        if facts.expires_at is not None or facts.not_before is not None:
            now = rules.now()
            if facts.expires_at is not None and now >= facts.expires_at + rules.expiry_leeway_seconds:
                raise InvalidToken(Reason.EXPIRED)  # RFC 7519 section 4.1.4: "on or after"
            if facts.not_before is not None and now < facts.not_before - rules.not_before_leeway_seconds:
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
        if user is not None:
            return Authentication(facts, user, credentials.scheme, credentials.logged_digest())
        return authentication_of(facts, credentials, self._has_many_issuers)
