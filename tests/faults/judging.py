"""Count what the answers of one run say of the promises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from tests.faults.load import Answer

PROCESSES = 4
OK, UNAUTHORIZED, UNAVAILABLE = 200, 401, 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one fault has done."""

    scene: str
    engine: str
    requests: int
    processes: int
    passed_wrongly: int
    refused_wrongly: int
    unavailable: int
    revoked_passed_seconds: float
    stall_seconds: float
    recovery_seconds: float
    acknowledged: int
    failed: int
    lost: int

    @property
    def broken(self) -> list[str]:
        """Name the promises that were not kept."""
        kept = {
            "passed": self.passed_wrongly == 0,
            "refused": self.refused_wrongly == 0,
            "lost": self.lost == 0,
            "recovery": self.recovery_seconds < inf,
            "processes": self.processes >= PROCESSES,
        }
        return [name for name, is_kept in kept.items() if not is_kept]


def passed_wrongly(answer: Answer, unfed_max_age_seconds: float) -> bool:
    """Tell whether it let a token pass that was never there, or was revoked too long before it was sent."""
    if answer.status != OK:
        return False
    return answer.token.added_at == inf or answer.sent_at > answer.token.revoked_at + unfed_max_age_seconds


def refused_wrongly(answer: Answer) -> bool:
    """Tell whether it refused a good token, or was no answer of ours at all."""
    if answer.status in (OK, UNAVAILABLE):
        return False
    was_good = answer.token.added_at < answer.sent_at and answer.answered_at < answer.token.revoking_at
    return was_good or answer.status != UNAUTHORIZED


def revoked_passed_seconds(answers: Iterable[Answer]) -> float:
    """Give how long after its revocation was acknowledged a token was sent that still passed, at most."""
    late = (one.sent_at - one.token.revoked_at for one in answers if one.status == OK)
    return max(0.0, max(late, default=0.0))


def stall_seconds(answers: Iterable[Answer]) -> float:
    """Give how long a request waited for its answer, at most."""
    return max(one.answered_at - one.sent_at for one in answers)


def recovery_seconds(answers: Iterable[Answer], ended_at: float) -> float:
    """Give how long after the end of the fault requests still got 503, or nothing."""
    late = (one.answered_at - ended_at for one in answers if one.status not in (OK, UNAUTHORIZED))
    return max(0.0, max(late, default=0.0))
