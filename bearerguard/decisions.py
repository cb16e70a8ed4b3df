"""Tell what was decided, to the log and to whoever listens; never a token, never a claim."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, InvalidToken, Refusal, Unavailable
from bearerguard.flow import is_async, takes
from bearerguard.request import ResourceRequest
from bearerguard.token import AccessToken, Authentication

logger = logging.getLogger("bearerguard")


class Outcome(Enum):
    """What became of a request."""

    PASSED = "passed"
    ANONYMOUS = "anonymous"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision, for metrics and audit.

    `reason` is fixed text (None when the request passed); `digest` the first 8 hexadecimal digits of
    the token's SHA-256 (None without a token); `verifier` names who vouched; `cached` says whether
    nobody had to be asked, `stale` whether facts from before an outage were used; `seconds` is how
    long it took.
    """

    outcome: Outcome
    reason: str | None = None
    scheme: str | None = None
    transport: str | None = None
    digest: str | None = None
    verifier: str | None = None
    cached: bool = False
    stale: bool = False
    seconds: float = 0.0


OnDecision = Callable[[Decision], None]
"""`on_decision`: called on the request's own thread or loop, so it must be quick, and must not raise."""


def check_on_decision(listener: OnDecision | None) -> OnDecision | None:
    """Give the listener back, or raise ConfigurationError."""
    if listener is None or (takes(listener, 1) and not is_async(listener)):
        return listener
    raise ConfigurationError("on_decision= must be a plain function that takes a Decision")


def reason_of(error: Refusal | Unavailable) -> str:
    """Name a refusal by its kind and, for a bad token, by its reason."""
    if isinstance(error, InvalidToken):
        return f"invalid_token: {error.reason.value}"
    return str(error)


class Reports:
    """Where every decision is told: one log line for a refusal, and the listener's call for each."""

    def __init__(self, listener: OnDecision | None) -> None:
        self.listener = listener

    def passed(
        self, request: ResourceRequest, credentials: Credentials, facts: AccessToken, *, cached: bool
    ) -> None:
        """Tell that a request passes with a good token."""
        self._tell(request, credentials, outcome=Outcome.PASSED, facts=facts, cached=cached)

    def anonymous(self, request: ResourceRequest) -> None:
        """Tell that a request passes without a token."""
        self._tell(request, None, outcome=Outcome.ANONYMOUS)

    def refused(
        self, error: Refusal | Unavailable, request: ResourceRequest | None, credentials: Credentials | None
    ) -> None:
        """Tell that a request does not pass; an outage has had a louder line of its own when it began."""
        if credentials is None:
            logger.info("%s: %s", error.status, reason_of(error))
        elif logger.isEnabledFor(logging.INFO):
            digest, transport = credentials.logged_digest(), credentials.transport
            logger.info("%s: %s (token %s, sent by %s)", error.status, reason_of(error), digest, transport)
        if self.listener is None:
            return
        outcome = Outcome.REFUSED if isinstance(error, Refusal) else Outcome.UNAVAILABLE
        self._tell(request, credentials, outcome=outcome, reason=reason_of(error))

    def out_of_scope(self, refusal: Refusal, authentication: Authentication) -> None:
        """Tell that a request that had passed does not reach a route."""
        logger.info("%s: %s (token %s)", refusal.status, reason_of(refusal), authentication.digest)
        if self.listener is not None:
            self.listener(
                Decision(
                    outcome=Outcome.REFUSED,
                    reason=reason_of(refusal),
                    scheme=authentication.scheme,
                    digest=authentication.digest,
                    verifier=authentication.access_token.verifier,
                )
            )

    def _tell(
        self,
        request: ResourceRequest | None,
        credentials: Credentials | None,
        *,
        outcome: Outcome,
        reason: str | None = None,
        facts: AccessToken | None = None,
        cached: bool = False,
    ) -> None:
        if self.listener is None:
            return
        seconds = time.monotonic() - request.started_at if request is not None else 0.0
        decision = Decision(outcome=outcome, reason=reason, cached=cached, seconds=seconds)
        if facts is not None:
            decision = replace(decision, verifier=facts.verifier, stale=facts.stale)
        if credentials is not None:
            decision = replace(
                decision,
                scheme=credentials.scheme,
                transport=credentials.transport,
                digest=credentials.logged_digest(),
            )
        self.listener(decision)
