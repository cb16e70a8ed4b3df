"""What a row of the table says, and the words it is said in."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from tests.hostile import authority
from tests.hostile.server import Behaviour, HostileServer
from tests.hostile.talk import Question

SHORT_SECONDS = 0.4  # the deadline of rows that meet it
LONG_SECONDS = 10.0  # of all others, which end well before it
MARGIN_SECONDS = 1.0  # two busy cores

Expected = tuple[int, str | None]

GOOD = (200, None)
INACTIVE = (401, "invalid_token: unknown")


def unavailable(reason: str) -> tuple[int, str]:
    return 503, reason


LATE = unavailable("no answer in time: see timeout_seconds=")
LOST = unavailable("the connection was lost, or what came over it is not HTTP")
TLS = unavailable("TLS failed")
TOO_LONG = unavailable("its answer is no use: it is longer than 65536 bytes")
TOO_MUCH = unavailable("its answer is no use: it takes too many bytes to say what it says")
TOO_MANY = unavailable("its answer is no use: it comes in too many pieces")
BROKEN = unavailable("its answer is no use: its compressed content is broken")
NO_CODING = unavailable("its answer is no use: its content coding is not one that was asked for")
NOT_JSON = unavailable("its answer makes no sense: not JSON")


def certificate(reason: str) -> tuple[int, str]:
    return unavailable(f"its certificate is not good: {reason}")


def nonsense(reason: str) -> tuple[int, str]:
    return unavailable(f"its answer makes no sense: {reason}")


def refused(reason: str) -> tuple[int, str]:
    return 401, f"invalid_token: {reason}"


@dataclass(frozen=True)
class Row:
    """What the server does, and what becomes of the first request; `then` of those that follow, one a token.

    `calls` is how often the server was asked. A row that is `late` meets its deadline, all others end well
    before theirs. `peak_bytes` bounds the memory. `between` is done between two requests.
    """

    name: str
    behave: Behaviour
    becomes: Expected
    _: KW_ONLY
    then: tuple[Expected, ...] = ()
    calls: int = 1
    late: bool = False
    peak_bytes: int | None = None
    context: Callable[[], ssl.SSLContext] | None = authority.good
    between: Callable[[HostileServer], None] = lambda hostile: None
    http: Mapping[str, Any] = field(default_factory=dict)
    introspection: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answers(self) -> list[Expected]:
        return [self.becomes, *self.then]

    @property
    def tokens(self) -> list[str]:
        return ["one", "two", "three"][: len(self.answers)]

    @property
    def outages(self) -> list[str]:
        """What is logged: one line for each way in which the server is no use, until it is of use again."""
        return [reason for status, reason in self.answers if status == 503 and reason is not None]

    @property
    def deadline_seconds(self) -> float:
        return SHORT_SECONDS if self.late else LONG_SECONDS

    @property
    def limit_seconds(self) -> float:
        """The longest that one of its requests may take."""
        return SHORT_SECONDS + MARGIN_SECONDS if self.late else LONG_SECONDS / 2

    def fits(self, became: Became) -> bool:
        """Tell whether this is what should become of it: soon, and in little memory."""
        return (
            (self.answers, self.calls) == (became.answers, became.calls)
            and became.seconds < self.limit_seconds
            and became.peak_bytes <= (self.peak_bytes or 0)
        )


@dataclass
class Became:
    """What became of a row at one edge."""

    answers: list[Expected]
    calls: int
    seconds: float  # of the slowest request
    peak_bytes: int
    errors: list[str]  # as logged
    questions: list[Question]
    redirected: int  # connections to where a redirection leads
