"""The service answers the same on ASGI and on WSGI, and as its page says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bearerguard.stores import issue
from tests.services.accounts.edges import Edge
from tests.services.accounts.table import ROWS, SECRET, TOKENS
from tests.services.answers import Answer

each_row = pytest.mark.parametrize(
    "at", range(len(ROWS)), ids=[f"{at} {row.name}" for at, row in enumerate(ROWS)]
)
_SECRET = re.compile(r"whsec_[\w-]{43}")


@pytest.fixture(scope="module")
def answers(edges: dict[str, Edge], token: Any) -> dict[str, list[Answer]]:
    """Send every row to every edge, in order."""
    tokens: dict[str | None, str | None] = {
        name: token(scopes, client_id=client_id, user=user)
        for name, (client_id, user, scopes) in TOKENS.items()
    }
    tokens["unknown"] = issue(client_id="robot")[0]
    return {
        name: [edge.send(row.request, tokens.get(row.holder), row.body, row.headers) for row in ROWS]
        for name, edge in edges.items()
    }


@each_row
def test_both_edges_give_the_same_answer(at: int, answers: dict[str, list[Answer]]) -> None:
    """Status, header fields and body, to the byte; a new secret is another one each time."""
    asgi, wsgi = answers["asgi"][at], answers["wsgi"][at]
    assert (asgi.status, asgi.fields) == (wsgi.status, wsgi.fields)
    assert _SECRET.sub("SECRET", asgi.body) == _SECRET.sub("SECRET", wsgi.body)


@each_row
def test_a_request_gets_the_answer_of_the_table(at: int, answers: dict[str, list[Answer]]) -> None:
    """The guard's refusals (RFC 6750 section 3) and the service's own have one form."""
    row, answer = ROWS[at], answers["asgi"][at]
    expected = [[one] if one else [] for one in (row.challenge, row.allow)]
    assert [row.status, *expected] == [
        answer.status,
        answer.fields["www-authenticate"],
        answer.fields["allow"],
    ]
    if row.content is SECRET:
        assert re.fullmatch(rf'\{{"webhook_secret":"{_SECRET.pattern}"\}}', answer.body)
    else:
        assert row.content == answer.content


def test_a_rotated_secret_is_a_new_one(answers: dict[str, list[Answer]]) -> None:
    """And is in no other answer."""
    shown = [_SECRET.findall(answer.body) for answers_of_one in answers.values() for answer in answers_of_one]
    secrets = [secret for found in shown for secret in found]
    assert 4 == len(set(secrets)) == len(secrets)


def test_no_answer_is_kept_and_none_leads_elsewhere(answers: dict[str, list[Answer]]) -> None:
    """Whatever a token opens is nobody else's, and a client that follows a redirect takes its token along."""
    for answer in answers["asgi"]:
        assert (["no-store"], []) == (answer.fields["cache-control"], answer.fields["location"])
