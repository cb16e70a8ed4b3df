"""A row of the table: what was sent to both services, what was expected, what came, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bearerguard.demo.answers import Answer, ask, error_code
from bearerguard.demo.judging import Expected, surprises
from bearerguard.demo.stage import Service, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One judged row; rows that belong together have the same `chapter`.

    `promise` is what a single answer cannot show, `kept` says how it turned out, and `broken` is empty
    if it was kept. `services` and `answers` go together.
    """

    chapter: str
    sent: str
    expected: Expected
    services: tuple[str, ...]
    answers: tuple[Answer, ...]
    promise: str = ""
    kept: str = ""
    broken: tuple[str, ...] = ()

    @property
    def surprises(self) -> list[str]:
        """Everything that is not as it should be."""
        found = [
            f"{service}: {surprise}"
            for service, answer in zip(self.services, self.answers, strict=True)
            for surprise in surprises(self.expected, answer)
        ]
        return [*found, *self.broken]

    @property
    def expected_text(self) -> str:
        expected = self.expected
        words = _words(expected.status, expected.challenge, expected.members, expected.fields)
        return _joined(words, [f"no {name}" for name in expected.missing], self.promise)

    @property
    def came_text(self) -> str:
        """What came, in the words of what was expected; by service only where they differ."""
        texts = [_came(self.expected, answer) for answer in self.answers]
        if len(set(texts)) > 1:
            texts = [f"{name}: {text}" for name, text in zip(self.services, texts, strict=True)]
        return "\n".join([*dict.fromkeys(texts), *([self.kept] if self.kept else [])])


def row(stage: Stage, chapter: str, sent: str, expected: Expected, send: Callable[[Service], Answer]) -> Row:
    """Send the same to both services."""
    return row_of(chapter, sent, expected, {service.name: send(service) for service in stage.services})


def row_of(chapter: str, sent: str, expected: Expected, answers: Mapping[str, Answer]) -> Row:
    """Make a row of the answers, by the names of the services."""
    return Row(
        chapter=chapter,
        sent=sent,
        expected=expected,
        services=tuple(answers),
        answers=tuple(answers.values()),
    )


def get(path: str, token: str | None = None) -> Callable[[Service], Answer]:
    """Ask over https, with the token in the header if there is one."""
    return lambda to: ask(to.https, "GET", path, token)


def _came(expected: Expected, answer: Answer) -> str:
    if answer.failure:
        return answer.failure
    members = {name: answer.members[name] for name in expected.members if name in answer.members}
    words = _words(answer.status, answer.challenge, members, answer.fields)
    missing = [name if name in answer.members else f"no {name}" for name in expected.missing]
    return _joined(words, missing, "")


def _words(
    status: int, challenge: str | None, members: Mapping[str, Any], fields: Mapping[str, str]
) -> list[str]:
    words = [str(status)]
    if challenge is not None:
        words.append(error_code(challenge) or "bare challenge")
    for name, value in members.items():
        text = ",".join(value) if isinstance(value, list) else value
        words.append(name if value is True else f"{name}={text}")
    if "retry-after" in fields:
        words.append(f"Retry-After: {fields['retry-after']}")
    if fields.get("cache-control") == "private":
        words.append("private")
    return words


def _joined(words: list[str], missing: list[str], promise: str) -> str:
    line = " ".join([words[0], ", ".join([*words[1:], *missing])]).rstrip()
    return f"{line}\n{promise}" if promise else line
