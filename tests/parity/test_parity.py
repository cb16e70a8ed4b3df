"""The same request gets the same answer, whichever middleware guards the application."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from tests.adapters.django_project import Project
from tests.parity.table import ASGI, EDGES, ROWS, WSGI, Row
from tests.support import App, AsgiEdge, Reply, WsgiEdge


def answer(edge: str, row: Row) -> Reply:
    """Send a row's request to an application behind this edge; it answers in the same words everywhere."""
    request: dict[str, Any] = {
        name: getattr(row, name) for name in ("method", "path", "query", "headers", "body", "scheme", "peer")
    }
    if edge not in (ASGI, WSGI):
        return Project(edge, row.server(), [re_path("", _view(row))], row.options).answer(**request)
    own = AsgiEdge() if edge == ASGI else WsgiEdge()
    if row.body:
        request["headers"] = [*row.headers, ("Content-Length", str(len(row.body)))]
    return own.answer(own.guard(App(status=row.app_status), row.server(), **row.options), **request)


def _view(row: Row) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome", status=row.app_status, content_type="text/plain")

    return view


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_edge_gives_the_answer_of_the_table(row: Row, edge: str) -> None:
    """Status and challenge, but for the divergences that the table itself lists."""
    assert row.expected(edge) == answer(edge, row).brief


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_all_edges_give_the_same_bytes(row: Row) -> None:
    """Body and every field that the guard writes: Cache-Control, Retry-After, type and length."""
    alike = [edge for edge in EDGES if edge not in row.diverges]
    first, *others = [_written(answer(edge, row)) for edge in alike]
    assert [first] * len(others) == others


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.status == row.app_status], ids=lambda row: row.name
)
def test_the_applications_own_answer_is_private_where_it_must_be(row: Row, edge: str) -> None:
    """RFC 6750 section 2.3: 2xx answers to a query token, and no other."""
    expected = [] if row.cache_control is None else [row.cache_control]
    assert expected == answer(edge, row).all("cache-control")


def test_a_divergence_has_its_reason() -> None:
    """Whoever adds one says why."""
    assert [] == [row.name for row in ROWS if bool(row.diverges) != bool(row.why)]


def _written(reply: Reply) -> Any:
    names = ("cache-control", "content-type", "retry-after", "content-length", "www-authenticate")
    is_ours = reply.all("cache-control") == ["no-store"]
    # Only some frameworks add a length to the application's own answers.
    fields = {name: reply.all(name) for name in names if is_ours or name != "content-length"}
    return reply.status, fields, reply.body
