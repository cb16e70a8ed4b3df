"""Tell what was decided, to the log and to whoever listens; never a token, never a claim."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, InvalidToken, Refusal, Unavailable

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
    nobody had to be asked; `seconds` is how long it took.
    """

    outcome: Outcome
    reason: str | None = None
    scheme: str | None = None
    transport: str | None = None
    digest: str | None = None
    verifier: str | None = None
    cached: bool = False
    seconds: float = 0.0


OnDecision = Callable[[Decision], None]
"""`on_decision`: called on the request's own thread or loop, so it must be quick, and must not raise."""


def check_on_decision(listener: OnDecision | None) -> OnDecision | None:
    """Give the listener back, or raise ConfigurationError."""
    if listener is None or (callable(listener) and not inspect.iscoroutinefunction(listener)):
        return listener
    raise ConfigurationError("on_decision= must be a plain function that takes a Decision")


def reason_of(error: Refusal | Unavailable) -> str:
    """Name a refusal by its kind and, for a bad token, by its reason."""
    if isinstance(error, InvalidToken):
        return f"invalid_token: {error.reason.value}"
    return str(error)


def log_refusal(error: Refusal | Unavailable, credentials: Credentials | None) -> None:
    """Write one line about a refusal; an outage has had its own, louder one when it began."""
    if not logger.isEnabledFor(logging.INFO):
        return
    sent = ""
    if credentials is not None:
        sent = f" (token {credentials.logged_digest()}, sent by {credentials.transport})"
    logger.info("%s: %s%s", error.status, reason_of(error), sent)
