"""Say what clients were answered and how the edges compare: two tables, and what is not as expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.services.clients.parities import Compared
from tests.services.clients.rows import Row
from tests.services.clients.stage import EDGES

Cells = Mapping[str, str]  # what each edge answered, by its name
CLIENT_HEADINGS = ("service", "client", "token", "sent", "ASGI", "WSGI")
PARITY_HEADINGS = ("service", "requests", "ASGI: as expected", "WSGI: as expected", "both the same")


def clients_table(rows: Iterable[Row], cells: Iterable[Cells]) -> str:
    """Show what each edge answered to each client."""
    return _markdown(
        CLIENT_HEADINGS,
        [
            (row.service, row.client.name, row.token, row.sent, *(each[edge] for edge in EDGES))
            for row, each in zip(rows, cells, strict=True)
        ],
    )


def parity_table(compared: Mapping[str, Sequence[Compared]]) -> str:
    """Count the requests of each service, those answered as expected, and those answered alike."""
    counts = {
        service: (
            len(each),
            *(sum(one.is_expected(edge) for one in each) for edge in EDGES),
            sum(one.is_equal for one in each),
        )
        for service, each in compared.items()
    }
    return counts_table(counts)


def counts_table(counts: Mapping[str, Sequence[int]]) -> str:
    """Show the numbers of each service."""
    return _markdown(PARITY_HEADINGS, [(service, *map(str, each)) for service, each in counts.items()])


def as_expected(row: Row) -> Cells:
    """Both edges' cells, if all is well."""
    return dict.fromkeys(EDGES, row.expected)


def missing(reason: str) -> Cells:
    """Both edges' cells of a client that this machine has not."""
    return dict.fromkeys(EDGES, f"skipped: {reason}")


def wrong_cells(pairs: Iterable[tuple[Row, Cells]]) -> list[str]:
    """Name each row whose cells are not what is expected."""
    return [
        f"{row.name}: expected {row.expected!r}, got {dict(each)}"
        for row, each in pairs
        if each != as_expected(row)
    ]


def wrong_answers(compared: Mapping[str, Sequence[Compared]]) -> list[str]:
    """Name each request that got another answer than its row has, or two different ones."""
    return [
        f"{service}: {one.request[:100]}: expected {one.expected}, got {one.found}"
        for service, each in compared.items()
        for one in each
        if not (one.is_equal and all(one.is_expected(edge) for edge in EDGES))
    ]


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
