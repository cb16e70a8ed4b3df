"""docs/keys.md: its tables are the signatures, and its answers and log lines those that come."""

from __future__ import annotations

import inspect
import logging
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from bearerguard.clients import HttpResponse
from bearerguard.errors import Unavailable
from bearerguard.keys import ALGORITHMS
from bearerguard.keys.jwk import CURVES, MAX_RSA_BITS, MAX_RSA_EXPONENT, MIN_RSA_BITS, RSA_ALGORITHMS
from bearerguard.keys.remote import RemoteKeys
from bearerguard.keys.static import StaticKeys
from tests.clients.answering import answer
from tests.docs.pages import DOCS, prose_of, tables_of
from tests.keys.fetching import DOWN, A, B, Remote, lines
from tests.keys.material import jwk, key_set, private_key

PAGE = DOCS / "keys.md"
CONTENT = key_set(A).content
KIND = "another media type, or none"

# By the first cell of a row: answers that it is about.
ANSWERS: dict[str, list[Any]] = {
    "status 200, `application/json` or `application/jwk-set+json`, with a key that can be used": [
        key_set(A),
        answer(CONTENT, content_type="application/jwk-set+json"),
        key_set({"kty": "x"}, A),
    ],
    KIND: [answer(CONTENT, content_type=one) for one in ("text/html", "text/plain", None)],
    "status 201, 204, 304, 404, 500, and others": [
        answer(CONTENT, one) for one in (201, 204, 304, 404, 500, 400)
    ],
    "status 301, 302, 303, 307, 308: never followed": [
        answer(CONTENT, one) for one in (301, 302, 303, 307, 308)
    ],
    "status 429, 502, 503, 504": [answer(CONTENT, one) for one in (429, 502, 503, 504)],
    "no JSON; a member twice; NaN; more than 16 levels; not UTF-8; a list": [
        answer(one)
        for one in (
            b"x",
            b'{"a":1,"a":1}',
            b'{"a":NaN}',
            b'{"a":' + b"[" * 17 + b"]" * 17 + b"}",
            b"\xff",
            b"[]",
        )
    ],
    "an object without a list of `keys`": [answer({}), answer(A), answer({"keys": A})],
    "more than 64 keys": [key_set(*[A] * 65)],
    "no keys": [key_set()],
    "keys, none of which can be used": [key_set(jwk("RSA", n="AQAB")), key_set({"kty": "x"}, "a")],
    "more than 64 KiB, packed or unpacked": [
        Unavailable("its answer is no use: it is longer than 65536 bytes")
    ],
    "nothing in time": [DOWN],
}


def rows_of(heading: str) -> list[list[str]]:
    """The rows of a section's table, without its heading."""
    section = re.split(rf"(?m)^##+ {heading}$", prose_of(PAGE))[1]
    return tables_of(re.split(r"(?m)^##+ ", section)[0])[1:]


def text_of(cell: str) -> str:
    """The first text in backticks."""
    return re.findall(r"`([^`]*)`", cell)[0] if "`" in cell else ""


def as_pattern(text: str) -> re.Pattern[str]:
    """A text in which a status, and what stands behind a colon, may differ."""
    head, colon, _ = text.partition(": ")
    return re.compile(re.sub(r"\b\d{3}\b", r"\\d{3}", re.escape(head)) + (": .+" if colon else ""))


@pytest.mark.parametrize(("heading", "owner"), [("RemoteKeys", RemoteKeys), ("StaticKeys", StaticKeys)])
def test_a_table_has_each_parameter_with_its_default(heading: str, owner: Callable[..., Any]) -> None:
    """Names, order and defaults are those of the code."""
    rows = [(row[0].strip("`"), row[2].strip("`")) for row in rows_of(heading)]
    expected = [
        (one.name, "required" if one.default is one.empty else one.default)
        for one in inspect.signature(owner).parameters.values()
    ]
    names = {"time": time}
    assert expected == [
        (name, value if value == "required" else eval(value, names))  # noqa: S307 - our own page
        for name, value in rows
    ]


def test_each_answer_becomes_what_the_page_says() -> None:
    """And the log says it in these words."""
    rows = {row[0]: row[1] for row in rows_of("What each answer becomes")}
    last = [row for row in rows if row.startswith("another's certificate")]
    assert [*ANSWERS, *last] == list(rows)
    for name, answers in ANSWERS.items():
        expected = text_of(rows[name])
        outcomes = [Remote(one).find() for one in answers]
        if not expected:
            assert [["a"]] * len(answers) == outcomes
            continue
        assert all(as_pattern(expected).fullmatch(str(one)) for one in outcomes), (name, outcomes)
        assert expected in outcomes


def test_the_algorithms_and_bounds_are_those_of_the_code() -> None:
    """In the table of kinds."""
    rows = rows_of("Which keys are used")
    named = [re.findall(r"`(\w+)`", row[1]) for row in rows[:3]]
    elliptic = {one for (kty, _), (algorithms, _) in CURVES.items() if kty == "EC" for one in algorithms}
    assert [RSA_ALGORITHMS, elliptic, ALGORITHMS - RSA_ALGORITHMS - elliptic] == [set(one) for one in named]
    assert (
        f"{MIN_RSA_BITS} to {MAX_RSA_BITS} bits, an odd exponent from 3 to {MAX_RSA_EXPONENT}" == rows[0][2]
    )


@pytest.mark.parametrize(
    ("row", "key"), [(4, jwk("RSA", n="AQAB")), (5, private_key("RSA").as_dict(private=True))]
)
def test_a_bad_key_is_told_as_the_page_says(row: int, key: Any, caplog: pytest.LogCaptureFixture) -> None:
    """With its level."""
    cell = rows_of("Which keys are used")[row][1]
    with caplog.at_level(logging.WARNING, "bearerguard"):
        Remote(key_set(A, key)).find()
    ((level, text),) = lines(caplog)
    assert text == text_of(cell)
    assert cell.endswith(f"at level {level}")


def test_the_log_of_an_outage_is_the_page_s(caplog: pytest.LogCaptureFixture) -> None:
    """Line by line, in this order."""
    remote = Remote()
    with caplog.at_level(logging.INFO, "bearerguard"):
        remote.find()
        remote.says(HttpResponse(status=404, fields={}, content=b""))
        remote.move(600)
        for _ in range(5):
            remote.find()
            remote.settle()
            remote.move(30)
        remote.says(key_set(A, B))
        remote.find()
        remote.settle()
    assert [(row[0], text_of(row[1])) for row in rows_of("What the log says")] == lines(caplog)


def test_a_set_lives_as_the_page_says() -> None:
    """Each row of the table, in this order."""
    remote = Remote()
    assert (["a"], 1) == (remote.waits(), remote.times)
    assert (["a"], 1) == (remote.at_once(), remote.times)
    remote.move(480)
    assert (["a"], 2) == (remote.at_once(), remote.times)
    remote.move(600)
    remote.says(DOWN)
    assert (["a"], 3) == (remote.waits(), remote.times)
    assert (["a"], 3) == (remote.at_once(), remote.times)
    remote.move(30)
    assert (["a"], 4) == (remote.at_once(), remote.times)
    remote.move(86_400)
    assert DOWN.what == remote.waits()
    assert 6 == len(rows_of("The life of a set"))
