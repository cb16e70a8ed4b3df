"""The service answers the same on ASGI and on WSGI, and as its page says."""

from __future__ import annotations

from http.client import HTTPSConnection
from typing import Any

import pytest

from tests.services.answers import FIELDS, Answer
from tests.services.spotify.rows import TOKENS, Row
from tests.services.spotify.serving import Edge
from tests.services.spotify.table import ROWS


@pytest.fixture(scope="module")
def answers(edges: dict[str, Edge], token: Any) -> dict[str, list[Answer]]:
    """Send every row to every edge, in order."""
    tokens = {name: token(scopes, user=user) for name, (user, scopes) in TOKENS.items()}
    return {name: ask_all(edge, tokens) for name, edge in edges.items()}


def ask_all(edge: Edge, tokens: dict[str, str]) -> list[Answer]:
    connection = HTTPSConnection(edge.resource.removeprefix("https://"), context=edge.context, timeout=10)
    try:
        return [ask(connection, row, tokens, edge.resource) for row in ROWS]
    finally:
        connection.close()


def ask(connection: HTTPSConnection, row: Row, tokens: dict[str, str], resource: str) -> Answer:
    method, _, target = row.request.partition(" ")
    headers = dict(row.headers)
    if row.holder is not None:
        headers["Authorization"] = f"Bearer {tokens[row.holder]}"
    connection.request(method, target.replace("{user}", "alice"), row.body or None, headers)
    response = connection.getresponse()
    body = response.read().decode().replace(resource, "{here}")
    if response.status == 413:
        connection.close()  # whoever has not read a body to its end may hang up
    return Answer(response.status, {name: response.headers.get_all(name, []) for name in FIELDS}, body)


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[row.name for row in ROWS])
def test_both_edges_give_the_same_answer(at: int, answers: dict[str, list[Answer]]) -> None:
    """Status, header fields and body, to the byte."""
    assert answers["asgi"][at] == answers["wsgi"][at]


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[row.name for row in ROWS])
def test_a_request_gets_the_answer_of_the_table(at: int, answers: dict[str, list[Answer]]) -> None:
    """An error has the API's one shape; the guard's keeps status and challenge (RFC 6750 section 3)."""
    row, answer = ROWS[at], answers["asgi"][at]
    challenges = [] if row.challenge is None else [row.challenge]
    assert (row.status, challenges) == (answer.status, answer.fields["www-authenticate"])
    if row.message is not None:
        assert answer.content == {"error": {"status": row.status, "message": row.message}}
    elif isinstance(row.content, dict):
        assert answer.content.items() >= row.content.items()
    elif row.content is not None:
        assert answer.content == row.content


def test_every_answer_stays_out_of_shared_caches(answers: dict[str, list[Answer]]) -> None:
    """A person's own, and what was refused to a person, is nobody else's."""
    kept = {(answer.status, *answer.fields["cache-control"]) for answer in answers["asgi"]}
    assert {words for _, words in kept} == {"private, max-age=0", "no-store"}


def test_no_answer_is_a_redirect(answers: dict[str, list[Answer]]) -> None:
    """A client that follows one takes its token along."""
    assert [answer for answer in answers["asgi"] if answer.fields["location"]] == []


def test_a_page_ends_with_the_address_of_the_next(answers: dict[str, list[Answer]]) -> None:
    """It is the service's own address, whatever the request's Host says."""
    at = next(at for at, row in enumerate(ROWS) if row.request == "GET /v1/me/tracks?limit=1")
    assert answers["asgi"][at].content["next"] == "{here}/v1/me/tracks?offset=1&limit=1"
