"""The requests that are counted: the cache knows every answer, or the endpoint is left alone; nothing waits.

Each comes with ten header fields, as from behind a proxy, and meets a guard that has everything on: form and
query tokens, public paths, a cache. The clocks stand still.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest

from bearerguard import Bearer, Cached, ClientSecretBasic, Introspection, ResourceServer, StoredTokens
from bearerguard.clients import Unreachable
from bearerguard.stores import issue
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import Verifier
from tests.clients.answering import AnsweringClient
from tests.perf.counting import Calls
from tests.perf.edges import EDGES
from tests.support import FORM, REALM, RESOURCE, START, bearer, stored

WARM_UP = 30  # requests that fill the cache, open the breaker and let the interpreter settle

FIELDS = (
    ("Host", "api.example.org"),
    ("User-Agent", "python-httpx/0.28.1"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Accept-Language", "en"),
    ("Connection", "keep-alive"),
    ("X-Request-Id", "0b3f2c1e-5f4e-4b7d-9d5c-0f3f5f6f7a8b"),
    ("Cache-Control", "no-cache"),
    ("Referer", "https://app.example.org/"),
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is special about a request; by default nothing: a token in the header, seen just before."""

    status: int = 200
    way: str = "header"
    is_stored: bool = True  # whether the token is good
    is_up: bool = True  # False: an authorization server is to be asked, and is down
    scope: str | None = None
    tokens: int = 1  # used in turn
    max_entries: int = 100_000


KINDS = {
    "header": Kind(),
    # One entry in eight is among the recent ones: of these two always the other.
    "not_recent": Kind(tokens=2, max_entries=8),
    "scopes": Kind(scope="tag"),
    "query": Kind(way="query"),
    "form": Kind(way="form"),
    "refused": Kind(is_stored=False, status=401),
    "unavailable": Kind(is_up=False, status=503),
}

each_scene = pytest.mark.parametrize(("kind", "edge"), [(kind, edge) for kind in KINDS for edge in EDGES])


class Scene:
    """Requests of one kind to one guard, which has answered some of them already."""

    def __init__(self, kind: str, edge: str) -> None:
        self.name = f"{kind}, {edge}"
        self.kind = KINDS[kind]
        store = MemoryTokenStore()
        tokens = [stored(store) if self.kind.is_stored else _foreign() for _ in range(self.kind.tokens)]
        self.token = ""  # of the last request
        self._turn = cycle(tokens)
        self.cached = Cached(
            StoredTokens(store) if self.kind.is_up else _down(),
            max_entries=self.kind.max_entries,
            now=now,
            monotonic=monotonic,
        )
        server = ResourceServer(
            resource=RESOURCE,
            realm=REALM,
            schemes=[Bearer(form=True, query=True)],
            verifier=self.cached,
            now=now,
        )
        self.edge = EDGES[edge](server, self._request)
        if self.kind.scope is not None:
            self.edge.require(self.kind.scope)
        self.edge.many(WARM_UP, nullcontext())

    def calls(self) -> Calls:
        """Count what one request calls."""
        calls = Calls()
        self.edge.once(calls)
        return calls

    def _request(self) -> dict[str, Any]:
        self.token = next(self._turn)
        parameter = f"access_token={self.token}"
        if self.kind.way == "query":
            return {"query": parameter, "headers": FIELDS, "body": b""}
        if self.kind.way == "form":
            return {"method": "POST", "headers": (*FIELDS, FORM), "body": parameter.encode()}
        return {"headers": (*FIELDS, *bearer(self.token)), "body": b""}


def now() -> float:
    return START


def monotonic() -> float:
    return 0.0


def _foreign() -> str:
    """A token that looks like one of ours, and is in no store."""
    return issue(subject="alice")[0]


def _down() -> Verifier:
    """An authorization server that nobody reaches."""
    return Introspection(
        "https://as.example.org/introspect",
        client=ClientSecretBasic("api", "secret"),
        http=AnsweringClient([Unreachable("no connection")]),
        now=now,
        monotonic=monotonic,
    )
