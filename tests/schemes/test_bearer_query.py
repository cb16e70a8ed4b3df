"""A token in the query, at either edge (RFC 6750 section 2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import Bearer
from tests.schemes.finding import IN_HEADER, IN_QUERY, Edge
from tests.support import (
    App,
    bearer,
    server,
)


def test_a_query_that_is_off_stays_as_it_is(edge: Edge) -> None:
    """Nothing is taken out of it."""
    app = App()
    edge.answer(edge.guard(app, server(schemes=[Bearer()])), query="access_token=x", headers=bearer("good"))
    query = app.seen[-1].get("query_string", app.seen[-1].get("QUERY_STRING"))
    assert query in (b"access_token=x", "access_token=x")


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("access_token=good", ""),
        ("a=%7E&access_token=good&b=+", "a=%7E&b=+"),
        ("access_token=good&access_token=x&c", "c"),
        ("a=1&access%5Ftoken=good", "a=1"),
        ("access_token=", ""),
    ],
)
def test_a_query_token_is_taken_out_whether_it_was_good_or_not(edge: Edge, query: str, rest: str) -> None:
    """Servers write their access line from the same dictionary."""
    scope_or_environ: list[Any] = []

    def spy(app: Any) -> Any:
        def called(first: Any, *others: Any) -> Any:
            scope_or_environ.append(first)
            return app(first, *others)

        return called

    more = {} if edge.name == "asgi" else {"REQUEST_URI": f"/?{query}", "RAW_URI": f"/?{query}"}
    edge.answer(spy(edge.guard(App(), server())), query=query, **more)
    (left,) = scope_or_environ
    assert "good" not in str({**left, "bearerguard": None, "user": None, "auth": None})
    if edge.name == "asgi":
        assert rest.encode() == left["query_string"]
    else:
        target = f"/?{rest}" if rest else "/"
        assert (rest, target, target) == (left["QUERY_STRING"], left["REQUEST_URI"], left["RAW_URI"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ["private"]),
        ([("Cache-Control", "public, max-age=60")], ["max-age=60, private"]),
        ([("Cache-Control", "public"), ("cache-control", "max-age=1")], ["max-age=1, private"]),
        ([("Cache-Control", "no-store")], ["no-store"]),
    ],
)
def test_the_answer_to_a_query_token_is_private(
    edge: Edge, given: list[tuple[str, str]], expected: list[str]
) -> None:
    """Section 2.3: SHOULD contain a Cache-Control header with the "private" option."""
    guarded = edge.guard(App(headers=given), server())
    assert expected == edge.answer(guarded, **IN_QUERY).all("cache-control")
    assert [value for _, value in given] == edge.answer(guarded, **IN_HEADER).all("cache-control")


def test_only_a_success_is_made_private(edge: Edge) -> None:
    """Section 2.3 speaks of 2XX."""
    guarded = edge.guard(App(status=304), server())
    assert [] == edge.answer(guarded, **IN_QUERY).all("cache-control")
