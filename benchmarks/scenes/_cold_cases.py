"""The cases of the cold path: a verifier, and the bare call of the driver that it stands on.

A verifier or store that comes later joins by an entry in CASES.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from typing import Any

from bearerguard import ClientSecretBasic, Introspection, StoredTokens
from bearerguard.clients._packages import httpx
from bearerguard.clients.httpx import HttpxClient
from bearerguard.stores import TokenStore, issue
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.verifiers import Verifier
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_miss import ACCEPT, form_of
from benchmarks.introspection_shared import CLIENT_ID, CLIENT_SECRET
from benchmarks.million_tokens import SELECT

Call = Callable[[str], object]
AsyncCall = Callable[[str], Awaitable[object]]

TOKENS = 2_000
STORE_BLOCK = 200  # requests between two looks at the clock; an endpoint takes longer, so has fewer
ENDPOINT_BLOCK = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """What one case measures: tokens, each of them good, and who is asked about them.

    `abare` is the driver's call on an event loop, None where the driver has but the one. A case that
    `waits` for another process is measured by the clock on the wall, others by processor time.
    """

    tokens: Iterator[str]
    verifier: Verifier
    bare: Call
    abare: AsyncCall | None = None
    waits: bool = False
    requests: int  # in a block


Opener = Callable[[Path, asyncio.AbstractEventLoop], AbstractContextManager[Cold]]


@dataclass(frozen=True, slots=True)
class Case:
    """`limit`: how many times the bare call a request may take at most, where that is promised."""

    name: str
    driver: str
    open: Opener
    limit: float | None = None


def in_circles(tokens: Sequence[str]) -> Iterator[str]:
    """Give tokens in turn; there are far more of them than the cache of a case holds."""
    while True:
        yield from tokens


def new_tokens() -> Iterator[str]:
    """Give tokens that the endpoint calls good, each of them once."""
    return (f"good-{n:059x}" for n in count())


def issue_into(store: Any) -> list[str]:
    issued = [issue(subject=f"user{n}", client_id="app", scopes=["tag", "rating"]) for n in range(TOKENS)]
    store.add_many([record for _, record in issued])
    return [token for token, _ in issued]


def stored(store: TokenStore, bare: Call) -> Cold:
    return Cold(
        tokens=in_circles(issue_into(store)), verifier=StoredTokens(store), bare=bare, requests=STORE_BLOCK
    )


@contextmanager
def in_memory(folder: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Cold]:
    store = MemoryTokenStore()
    known: dict[bytes, object] = {}

    def bare(token: str) -> object:
        return known[sha256(token.encode("ascii")).digest()]

    cold = stored(store, bare)
    known |= {sha256(token.encode("ascii")).digest(): token for token in islice(cold.tokens, TOKENS)}
    yield cold


@contextmanager
def in_sqlite(folder: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Cold]:
    path = folder / "tokens.db"
    store = SqliteTokenStore(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def bare(token: str) -> object:
        digest = sha256(token.encode("ascii")).digest()
        row = connection.execute(SELECT, (digest,)).fetchone()
        assert row is not None
        return row

    yield stored(store, bare)
    connection.close()
    store.close()


@contextmanager
def introspected(folder: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Cold]:
    with Endpoint() as endpoint:
        settings: Any = {"verify": endpoint.ssl_context, "trust_env": False}
        settings["auth"] = (CLIENT_ID, CLIENT_SECRET)
        pooled, apooled = httpx.Client(**settings), httpx.AsyncClient(**settings)
        client = ClientSecretBasic(CLIENT_ID, CLIENT_SECRET)
        http = HttpxClient(ca_file=endpoint.ca_file)

        def bare(token: str) -> object:
            return facts_of(pooled.post(endpoint.url, data=form_of(token), headers=ACCEPT))

        async def abare(token: str) -> object:
            return facts_of(await apooled.post(endpoint.url, data=form_of(token), headers=ACCEPT))

        yield Cold(
            tokens=new_tokens(),
            verifier=Introspection(endpoint.url, client=client, http=http),
            bare=bare,
            abare=abare,
            waits=True,
            requests=ENDPOINT_BLOCK,
        )
        pooled.close()
        loop.run_until_complete(apooled.aclose())


def facts_of(response: Any) -> object:
    facts = response.json()
    assert facts["active"] is True
    return facts


CASES = (
    Case("StoredTokens on MemoryTokenStore", "SHA-256 and a dict", in_memory),
    Case("StoredTokens on SqliteTokenStore", "SHA-256 and a point read of sqlite3", in_sqlite),
    Case(
        "Introspection, an endpoint that answers at once",
        f"a pooled call of {httpx.__name__}",
        introspected,
        limit=1.2,
    ),
)
