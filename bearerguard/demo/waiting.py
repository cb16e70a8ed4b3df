"""Ask until the answer is the one expected: for what takes a while to be seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bearerguard.demo.answers import Answer
from bearerguard.demo.judging import Expected, surprises
from bearerguard.demo.stage import Service

PATIENCE_SECONDS = 10.0  # after which what still has not come is a surprise
POLL_SECONDS = 0.01


def wait_for(
    services: Sequence[Service], expected: Expected, send: Callable[[Service], Answer]
) -> tuple[dict[str, Answer], dict[str, float]]:
    """Give the last answer of each service, and after how many seconds it came if it was as expected."""
    began_at = time.monotonic()
    answers: dict[str, Answer] = {}
    came_after: dict[str, float] = {}
    while len(came_after) < len(services) and time.monotonic() < began_at + PATIENCE_SECONDS:
        for service in services:
            if service.name in came_after:
                continue
            answers[service.name] = send(service)
            if not surprises(expected, answers[service.name]):
                came_after[service.name] = time.monotonic() - began_at
        time.sleep(POLL_SECONDS)
    return answers, came_after
