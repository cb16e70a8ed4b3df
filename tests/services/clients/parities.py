"""The one parity table: what the services' own tables of requests get from both edges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bearerguard.stores import issue
from tests.services.accounts import table as accounts
from tests.services.clients.services import ACCOUNTS, MUSICBRAINZ, SPOTIFY
from tests.services.clients.stage import EDGES, Stage
from tests.services.musicbrainz.edges import Tokens
from tests.services.musicbrainz.table_reading import READING
from tests.services.musicbrainz.table_submitting import REFUSED, WRITING
from tests.services.musicbrainz.table_who import WHO
from tests.services.spotify import rows as spotify
from tests.services.spotify.table import ROWS as SPOTIFY_ROWS
from tests.services.spotify.test_parity import ask_all

MUSICBRAINZ_ROWS = [*WHO, *READING, *REFUSED, *WRITING]
COUNTS = {MUSICBRAINZ: len(MUSICBRAINZ_ROWS), ACCOUNTS: len(accounts.ROWS), SPOTIFY: len(SPOTIFY_ROWS)}

_SECRET = re.compile(r"whsec_[\w-]{43}")  # another one each time
_Expected = tuple[int, tuple[str, ...]]  # the status and the challenges


@dataclass(frozen=True, slots=True)
class Compared:
    """A request, what its row expects, and what came from each edge: that, and all of the answer."""

    request: str
    expected: _Expected
    found: dict[str, _Expected]
    whole: dict[str, Any]

    @property
    def is_equal(self) -> bool:
        return self.whole["asgi"] == self.whole["wsgi"]

    def is_expected(self, edge: str) -> bool:
        return self.found[edge] == self.expected


def compare(service: str, stage: Stage) -> list[Compared]:
    """Send a service's table to both of its edges, in order."""
    ways = {MUSICBRAINZ: _musicbrainz, ACCOUNTS: _accounts, SPOTIFY: _spotify}
    return list(ways[service](stage))


def _musicbrainz(stage: Stage) -> Iterator[Compared]:
    tokens = Tokens(stage.dev)
    for row in MUSICBRAINZ_ROWS:
        method, target = row.request.split(" ", 1)
        token = {} if row.scopes is None else tokens.field(*row.scopes.split(), subject=row.subject)
        answers = {
            name: edge.send(method, target, token | row.headers, row.content)
            for name, edge in stage.musicbrainz.items()
        }
        found = {name: (answer.status, answer.challenges) for name, answer in answers.items()}
        yield Compared(row.request, (row.status, row.challenges), found, answers)


def _accounts(stage: Stage) -> Iterator[Compared]:
    tokens: dict[str | None, str] = {
        name: stage.dev.token(subject=user, client_id=client_id, scopes=scopes.split())
        for name, (client_id, user, scopes) in accounts.TOKENS.items()
    }
    tokens["unknown"] = issue(client_id="robot")[0]
    for row in accounts.ROWS:
        answers = {
            name: edge.send(row.request, tokens.get(row.holder), row.body, row.headers)
            for name, edge in stage.accounts.items()
        }
        yield _compared(row, answers)


def _spotify(stage: Stage) -> Iterator[Compared]:
    tokens = {
        name: stage.dev.token(subject=user, client_id="app", scopes=scopes.split())
        for name, (user, scopes) in spotify.TOKENS.items()
    }
    answered = {name: ask_all(edge, tokens) for name, edge in stage.spotify.items()}
    for at, row in enumerate(SPOTIFY_ROWS):
        yield _compared(row, {name: answered[name][at] for name in EDGES})


def _compared(row: Any, answers: dict[str, Any]) -> Compared:
    expected = (row.status, () if row.challenge is None else (row.challenge,))
    found = {name: (one.status, tuple(one.fields["www-authenticate"])) for name, one in answers.items()}
    whole = {name: (one.status, one.fields, _SECRET.sub("", one.body)) for name, one in answers.items()}
    return Compared(f"{row.request} ({row.holder or 'no token'})", expected, found, whole)
