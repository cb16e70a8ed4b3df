"""Whatever an authorization server does, the API answers soon, and lets nobody in who is not known."""

from __future__ import annotations

import pytest

from tests.hostile.rows import Row
from tests.hostile.running import Edge, run_row
from tests.hostile.table import SECTIONS

OUTAGE = "the introspection endpoint of 127.0.0.1 is unavailable, requests that need it get 503: "

FIELDS = {
    "host",
    "accept",
    "accept-encoding",
    "user-agent",
    "content-type",
    "content-length",
    "authorization",
}

ROWS = [pytest.param(row, id=f"{section}: {row.name}") for section, rows in SECTIONS.items() for row in rows]


@pytest.mark.parametrize("row", ROWS)
def test_what_becomes_of_it(row: Row, edge: Edge) -> None:
    """As the table says: the statuses, the reasons, the calls, the time and the memory; and the log says why.

    No redirection is followed, no cookie comes back, and every question is ours: a POST with a form that
    names its token, and our own credentials.
    """
    became = run_row(row, edge)
    assert (row.answers, row.calls) == (became.answers, became.calls)
    assert became.seconds < row.limit_seconds
    assert became.peak_bytes <= (row.peak_bytes or 0)
    assert [OUTAGE + reason for reason in dict.fromkeys(row.outages)] == became.errors
    assert 0 == became.redirected
    for question in became.questions:
        assert ("POST", "/introspect") == (question.method, question.path)
        assert {"token": question.token, "token_type_hint": "access_token"} == question.form
        assert question.token in row.tokens
        assert FIELDS == question.fields.keys()
