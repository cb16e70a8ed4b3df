"""One table of requests, and the same answers on both edges: status, challenges, content type, body."""

from __future__ import annotations

import pytest

from tests.services.musicbrainz.edges import Answer, Edge, Tokens
from tests.services.musicbrainz.rows import Row
from tests.services.musicbrainz.table_reading import READING
from tests.services.musicbrainz.table_submitting import REFUSED, WRITING
from tests.services.musicbrainz.table_who import WHO

ROWS = [*WHO, *READING, *REFUSED]


def check(row: Row, edges: dict[str, Edge], tokens: Tokens) -> None:
    method, target = row.request.split(" ", 1)
    token = {} if row.scopes is None else tokens.field(*row.scopes.split(), subject=row.subject)
    expected = Answer(row.status, row.challenges, row.content_type, row.body, row.allow)
    for edge in edges.values():
        assert expected == edge.send(method, target, token | row.headers, row.content), edge.name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.request[:60])
def test_both_edges_give_this_answer(row: Row, edges: dict[str, Edge], tokens: Tokens) -> None:
    """Status, challenges in their order, content type and body, to the byte."""
    check(row, edges, tokens)


def test_what_was_submitted_is_read_again_on_both_edges(edges: dict[str, Edge], tokens: Tokens) -> None:
    """Tags, ratings, ISRCs and barcodes, in the order of the table."""
    for row in WRITING:
        check(row, edges, tokens)
