"""What is measured of the warm path without a framework: the floor, the guard and its peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from bearerguard import AsgiMiddleware, Bearer, Cached, ResourceServer, StoredTokens, WsgiMiddleware
from bearerguard.adapters import asgi, wsgi
from bearerguard.bench.applications import least_asgi, least_wsgi
from bearerguard.stores import TokenRecord, issue
from bearerguard.stores.memory import MemoryTokenStore
from benchmarks import floor
from benchmarks.incoming import Request, Transport, asgi_requests, wsgi_requests
from benchmarks.peers import FASTMCP, MCP_SDK, STARLETTE, fastmcp_introspection, mcp_sdk, starlette_dict

BARE, FLOOR, OURS = "bare", "floor", "bearerguard"
TOKENS = 2_000
BLOCK = 200  # requests between two looks at the clock
STRANGER = "bg_stranger"
PUBLIC = ("/health", "/static/*")
FOREVER_SECONDS = 100_000.0  # longer than any measurement


class Traffic:
    """Requests with good tokens, and one with a stranger's."""

    def __init__(self, requests_of: Callable[[Sequence[str]], list[Request]], tokens: Sequence[str]) -> None:
        self.requests = requests_of(tokens)
        self.stranger = requests_of([STRANGER])[0]


@dataclass(frozen=True, slots=True)
class Subject:
    """An application, the requests it gets, and whether it refuses one whose token nobody knows."""

    app: Any
    traffic: Traffic
    refuses: bool = True


@dataclass(slots=True)
class Case:
    """Subjects that are measured in turn, `bare` among them; `missing` says why others are not."""

    name: str
    edge: str
    block: int
    subjects: dict[str, Subject]
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, build: Callable[[], Subject]) -> None:
        """Add a peer, or the reason why it cannot be measured."""
        try:
            self.subjects[name] = build()
        except ImportError as error:
            self.missing[name] = f"Not installed: {error.name or error}."
        except Exception as error:  # noqa: BLE001 - whatever ails a peer, the others are measured
            self.missing[name] = f"Failed: {type(error).__name__}: {error}."

    def give_up(self, name: str, reason: str) -> None:
        """Leave a peer out. Raises RuntimeError for the bare application, the floor and ourselves."""
        if name in (BARE, FLOOR) or name.startswith(OURS):
            raise RuntimeError(f"{name} in {self.name}: {reason}")
        del self.subjects[name]
        self.missing[name] = reason


class Issued:
    """Tokens of our own, and the resource server that knows them."""

    def __init__(self, count: int) -> None:
        issued = [issue(subject=f"user{n}", client_id="app", scopes=["tag", "rating"]) for n in range(count)]
        self.tokens = [token for token, _ in issued]
        self.records = [record for _, record in issued]
        self.expires_at = max(record.expires_at or 0.0 for record in self.records)
        self.server = ResourceServer(
            resource="https://api.example.org",
            realm="example",
            schemes=[Bearer(form=True, query=True)],
            verifier=Cached(StoredTokens(_store_of(self.records)), max_age_seconds=FOREVER_SECONDS),
        )

    def known(self) -> floor.Known:
        """What a floor knows."""
        return {record.digest: (record.expires_at or 0.0, record) for record in self.records}


def _store_of(records: Sequence[TokenRecord]) -> MemoryTokenStore:
    store = MemoryTokenStore()
    for record in records:
        store.add(record)
    return store


def asgi_cases(*, peers: bool) -> list[Case]:
    """The cases of ASGI: the token in the header, in the query string and in a form; a route's scope."""
    issued = Issued(TOKENS)
    known = issued.known()

    def case(name: str, floor_app: Any, app: Any = least_asgi, transport: Transport = "header") -> Case:
        traffic = Traffic(partial(asgi_requests, transport=transport), issued.tokens)
        ours = AsgiMiddleware(app, issued.server, public=PUBLIC)
        subjects = {
            BARE: Subject(least_asgi, traffic, refuses=False),
            FLOOR: Subject(floor_app, traffic),
            OURS: Subject(ours, traffic),
        }
        return Case(name, "asgi", BLOCK, subjects)

    plain = case("ASGI, 2,000 tokens in turn", floor.AsgiFloor(least_asgi, known))
    scoped_floor = floor.AsgiFloor(floor.asgi_scope_floor(least_asgi, "tag"), known)
    scoped = case("ASGI, a decorator asks for a scope", scoped_floor, asgi.requires("tag")(least_asgi))
    query = case("ASGI, the token in the query", floor.AsgiQueryFloor(least_asgi, known), transport="query")
    form = case("ASGI, the token in a form", floor.AsgiFormFloor(least_asgi, known), transport="form")
    if peers:
        _add_asgi_peers(plain, scoped, issued)
    return [of_one_token(plain, "ASGI, one token"), plain, scoped, query, form]


def wsgi_cases() -> list[Case]:
    """The same cases of WSGI, for which there is no peer but in a framework."""
    issued = Issued(TOKENS)
    known = issued.known()

    def case(name: str, floor_app: Any, app: Any = least_wsgi, transport: Transport = "header") -> Case:
        traffic = Traffic(partial(wsgi_requests, transport=transport), issued.tokens)
        ours = WsgiMiddleware(app, issued.server, public=PUBLIC)
        subjects = {
            BARE: Subject(least_wsgi, traffic, refuses=False),
            FLOOR: Subject(floor_app, traffic),
            OURS: Subject(ours, traffic),
        }
        return Case(name, "wsgi", BLOCK, subjects)

    plain = case("WSGI, 2,000 tokens in turn", floor.WsgiFloor(least_wsgi, known))
    scoped_floor = floor.WsgiFloor(floor.wsgi_scope_floor(least_wsgi, "tag"), known)
    scoped = case("WSGI, a decorator asks for a scope", scoped_floor, wsgi.requires("tag")(least_wsgi))
    query = case("WSGI, the token in the query", floor.WsgiQueryFloor(least_wsgi, known), transport="query")
    form = case("WSGI, the token in a form", floor.WsgiFormFloor(least_wsgi, known), transport="form")
    return [of_one_token(plain, "WSGI, one token"), plain, scoped, query, form]


def of_one_token(case: Case, name: str) -> Case:
    """The same case with one token over and over, as one busy client sends it."""
    traffic = copy(case.subjects[BARE].traffic)
    traffic.requests = traffic.requests[:1] * len(traffic.requests)
    subjects = {subject: replace(one, traffic=traffic) for subject, one in case.subjects.items()}
    return Case(name, case.edge, case.block, subjects, dict(case.missing))


def _add_asgi_peers(plain: Case, scoped: Case, issued: Issued) -> None:
    traffic, expires_at = plain.subjects[BARE].traffic, int(issued.expires_at)

    @cache
    def fastmcp() -> Any:
        return fastmcp_introspection.new_verifier(issued.tokens, expires_at=expires_at)

    def with_mcp(scopes: list[str]) -> Subject:
        app = mcp_sdk.guard(least_asgi, issued.tokens, scopes=scopes, expires_at=expires_at)
        return Subject(app, traffic)

    def with_fastmcp(scopes: list[str]) -> Subject:
        return Subject(fastmcp_introspection.guard(least_asgi, fastmcp(), scopes=scopes), traffic)

    # Its own decorator is for Starlette's views only, so it has no part where a scope is asked for.
    plain.add(
        STARLETTE, lambda: Subject(starlette_dict.guard(least_asgi, issued.tokens), traffic, refuses=False)
    )
    for case, scopes in ((plain, []), (scoped, ["tag"])):
        case.add(MCP_SDK, partial(with_mcp, scopes))
        case.add(FASTMCP, partial(with_fastmcp, scopes))
