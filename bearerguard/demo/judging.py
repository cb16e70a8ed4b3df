"""Say what an answer should have been, and compare it with what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bearerguard.demo.answers import Answer
from bearerguard.errors import Refusal, Unavailable

REALM = "musicbrainz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An answer, as far as it is promised.

    `challenge` is the whole WWW-Authenticate value, None for none at all. `members` and `fields` must
    be there as they are; `body` is compared as a whole unless it is None; `missing` names members that
    must not be there.
    """

    status: int
    challenge: str | None = None
    members: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    missing: tuple[str, ...] = ()


def passed(*, missing: tuple[str, ...] = (), private: bool = False, **members: Any) -> Expected:
    """200, with these members in the body."""
    fields = {"cache-control": "private"} if private else {}
    return Expected(status=200, members=members, missing=missing, fields=fields)


def refused(refusal: Refusal) -> Expected:
    """What RFC 6750 section 3 makes of a refusal, written out by hand: status, challenge and body."""
    parameters = {"realm": REALM}
    body: dict[str, str] = {}
    if refusal.error is not None:
        body = {"error": refusal.error, "error_description": refusal.description}
        body |= {"scope": " ".join(refusal.scopes)} if refusal.scopes else {}
        parameters |= body
    challenge = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    no_store = {"cache-control": "no-store"}
    return Expected(status=refusal.status, challenge=challenge, body=body, fields=no_store)


def unavailable() -> Expected:
    """503 with Retry-After, and no challenge: a client would throw a good token away."""
    body = {"error": Unavailable.error, "error_description": Unavailable.description}
    return Expected(status=503, body=body, fields={"cache-control": "no-store", "retry-after": "1"})


def surprises(expected: Expected, answer: Answer) -> list[str]:
    """Name everything in which an answer is not what it should be; nothing means that it is good."""
    if answer.failure:
        return [f"no answer: {answer.failure}"]
    pairs: list[tuple[str, object, object]] = [
        ("status", expected.status, answer.status),
        ("challenge", expected.challenge, answer.challenge),
    ]
    pairs += [(name, value, answer.fields.get(name)) for name, value in expected.fields.items()]
    pairs += [(name, value, answer.members.get(name)) for name, value in expected.members.items()]
    pairs += [(name, None, answer.members.get(name)) for name in expected.missing]
    if expected.body is not None:
        pairs.append(("body", dict(expected.body), dict(answer.members)))
    return [f"{name}: expected {wanted!r}, came {came!r}" for name, wanted, came in pairs if wanted != came]
