"""Measure what a guard adds to a warm request: a header token that the cache knows.

    python benchmarks/warm_path.py [--processes 5] [--seconds 4]

In one run and in turn: the bare application, the floor (the least that any guard must do, written by
hand), bearerguard complete, and Starlette's AuthenticationMiddleware with a dict. Every process
measures all of them in small alternating blocks and takes each one's median block; the figure is the
median over the processes, since one process can be off by microseconds for reasons of memory layout.
Ends with 1 when bearerguard costs more than 2.0 times the floor.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cachetools import LRUCache

from bearerguard import AsgiMiddleware, Bearer, Cached, ResourceServer, StoredTokens, WsgiMiddleware
from bearerguard.stores import issue
from bearerguard.stores.memory import MemoryTokenStore

BAR = 2.0
TOKENS = 2_000
BLOCK = 200  # requests between two looks at the clock

# What a request looks like behind a proxy: ten fields, the token among them.
FIELDS = [
    ("host", "api.example.org"),
    ("user-agent", "python-httpx/0.28.1"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-language", "en"),
    ("connection", "keep-alive"),
    ("x-request-id", "0b3f2c1e-5f4e-4b7d-9d5c-0f3f5f6f7a8b"),
    ("cache-control", "no-cache"),
    ("referer", "https://app.example.org/"),
]

B64TOKEN = re.compile(rb"(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)")


# -- the bare applications -------------------------------------------------------------------------


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


# -- the floor: scheme, header, grammar, digest, locked LRU, expiry, attach ------------------------


class Floor:
    """What the two floors share: the cache, filled beforehand."""

    def __init__(self, app: Any, known: dict[bytes, tuple[float, object]]) -> None:
        self.app = app
        self.lock = threading.Lock()
        self.cache: LRUCache[bytes, tuple[float, object]] = LRUCache(100_000)
        self.cache.update(known)


class AsgiFloor(Floor):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["scheme"] != "https":
            raise PermissionError
        found = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(found) != 1 or (match := B64TOKEN.fullmatch(found[0])) is None:
            raise PermissionError
        digest = sha256(match[1]).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        scope["user"] = facts
        await self.app(scope, receive, send)


class WsgiFloor(Floor):
    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["wsgi.url_scheme"] != "https":
            raise PermissionError
        match = B64TOKEN.fullmatch(environ["HTTP_AUTHORIZATION"].encode("latin-1"))
        if match is None:
            raise PermissionError
        digest = sha256(match[1]).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        environ["user"] = facts
        return self.app(environ, start_response)


# -- what is measured ------------------------------------------------------------------------------


def starlette_guard(app: Any, tokens: dict[str, object]) -> Any:
    from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
    from starlette.middleware.authentication import AuthenticationMiddleware

    class Backend(AuthenticationBackend):
        async def authenticate(self, conn: Any) -> Any:
            scheme, _, token = conn.headers["Authorization"].partition(" ")
            if scheme.lower() != "bearer" or token not in tokens:
                return None
            return credentials, user

    credentials, user = AuthCredentials(["tag"]), SimpleUser("alice")
    return AuthenticationMiddleware(app, backend=Backend())


def subjects() -> tuple[dict[str, Callable[..., Any]], dict[str, Callable[..., Any]], list[str]]:
    store = MemoryTokenStore()
    issued = [issue(subject=f"user{n}", client_id="app", scopes=["tag", "rating"]) for n in range(TOKENS)]
    for _token, record in issued:
        store.add(record)
    tokens = [token for token, _ in issued]
    known = {record.digest: (record.expires_at or 0.0, object()) for _, record in issued}
    server = ResourceServer(
        resource="https://api.example.org",
        realm="example",
        schemes=[Bearer(form=True, query=True)],
        verifier=Cached(StoredTokens(store), max_age_seconds=3600),
    )
    asgi = {
        "bare": asgi_app,
        "floor": AsgiFloor(asgi_app, known),
        "bearerguard": AsgiMiddleware(asgi_app, server, public=("/health", "/static/*")),
        "starlette": starlette_guard(asgi_app, dict.fromkeys(tokens, object())),
    }
    wsgi = {
        "bare": wsgi_app,
        "floor": WsgiFloor(wsgi_app, known),
        "bearerguard": WsgiMiddleware(wsgi_app, server, public=("/health", "/static/*")),
    }
    return asgi, wsgi, tokens


def asgi_scopes(tokens: list[str]) -> list[dict[str, Any]]:
    fields = [(name.encode(), value.encode()) for name, value in FIELDS]
    return [
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": "/tags",
            "raw_path": b"/tags",
            "query_string": b"",
            "root_path": "",
            "headers": [*fields, (b"authorization", b"Bearer " + token.encode())],
            "client": ("203.0.113.7", 50000),
            "server": ("192.0.2.1", 443),
        }
        for token in tokens
    ]


def wsgi_environs(tokens: list[str]) -> list[dict[str, Any]]:
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in FIELDS}
    return [
        {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/tags",
            "QUERY_STRING": "",
            "REMOTE_ADDR": "203.0.113.7",
            "wsgi.url_scheme": "https",
            **fields,
            "HTTP_AUTHORIZATION": f"Bearer {token}",
        }
        for token in tokens
    ]


async def asgi_block(app: Any, scopes: list[dict[str, Any]]) -> float:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    begun = time.perf_counter()
    for scope in scopes:
        await app(dict(scope), receive, send)
    return (time.perf_counter() - begun) / len(scopes)


def wsgi_block(app: Any, environs: list[dict[str, Any]]) -> float:
    def start_response(status: str, headers: Any) -> None:
        pass

    begun = time.perf_counter()
    for environ in environs:
        app(dict(environ), start_response)
    return (time.perf_counter() - begun) / len(environs)


def one_process(seconds: float) -> dict[str, dict[str, float]]:
    """Measure every subject in turn; microseconds a request, the median of the blocks."""
    asgi, wsgi, tokens = subjects()
    rotating = random.sample(tokens, TOKENS)
    results = {}
    loop = asyncio.new_event_loop()
    for load, used in (("one token", tokens[:1] * TOKENS), ("2,000 tokens", rotating)):
        scopes, environs = asgi_scopes(used), wsgi_environs(used)

        def run_asgi(app: Any, n: int, scopes: Any = scopes) -> float:
            return loop.run_until_complete(asgi_block(app, scopes[n : n + BLOCK]))

        def run_wsgi(app: Any, n: int, environs: Any = environs) -> float:
            return wsgi_block(app, environs[n : n + BLOCK])

        results[f"ASGI, {load}"] = in_turn(asgi, run_asgi, seconds / 4)
        results[f"WSGI, {load}"] = in_turn(wsgi, run_wsgi, seconds / 4)
    return results


def in_turn(apps: dict[str, Any], run: Callable[[Any, int], float], seconds: float) -> dict[str, float]:
    for app in apps.values():  # fill the caches, warm the interpreter
        for n in range(0, TOKENS, BLOCK):
            run(app, n)
    taken: dict[str, list[float]] = {name: [] for name in apps}
    names, n, end = list(apps), 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        random.shuffle(names)
        for name in names:
            taken[name].append(run(apps[name], n))
        n = (n + BLOCK) % TOKENS
    return {name: statistics.median(blocks) * 1e6 for name, blocks in taken.items()}


def bytes_per_token() -> float:
    """What one more token costs in the cache, its facts and all."""
    server_tokens = [
        issue(subject=f"user{n}", client_id="app", scopes=["tag", "rating"]) for n in range(TOKENS)
    ]
    store = MemoryTokenStore()
    for _, record in server_tokens:
        store.add(record)
    cached = Cached(StoredTokens(store))
    server = ResourceServer(resource="https://api.example.org", realm="example", verifier=cached)
    app = WsgiMiddleware(wsgi_app, server)
    environs = wsgi_environs([token for token, _ in server_tokens])
    wsgi_block(app, environs[:1])
    tracemalloc.start()
    wsgi_block(app, environs[1:])
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / (TOKENS - 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=5, help="how many, one after another")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each process")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one_process(arguments.seconds)))
        return 0
    command = [sys.executable, __file__, "--one", "--seconds", str(arguments.seconds)]
    runs = []
    for number in range(arguments.processes):
        print(f"process {number + 1} of {arguments.processes}", file=sys.stderr)
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    return report(runs)


def report(runs: list[dict[str, dict[str, float]]]) -> int:
    print(f"added microseconds per warm request, median of {len(runs)} processes (lowest to highest)\n")
    print(f"{'':22}{'guard':14}{'added':>8}{'spread':>16}{'times the floor':>18}")
    worst = 0.0
    for scene in runs[0]:
        added = {
            name: sorted(run[scene][name] - run[scene]["bare"] for run in runs)
            for name in runs[0][scene]
            if name != "bare"
        }
        ratios = {
            name: statistics.median(
                (run[scene][name] - run[scene]["bare"]) / (run[scene]["floor"] - run[scene]["bare"])
                for run in runs
            )
            for name in added
        }
        worst = max(worst, ratios["bearerguard"])
        for name, values in added.items():
            spread = f"{values[0]:.2f} to {values[-1]:.2f}"
            print(f"{scene:22}{name:14}{statistics.median(values):8.2f}{spread:>16}{ratios[name]:18.2f}")
        print()
    print(f"one cached token, facts and key and all: {bytes_per_token():.0f} bytes")
    print(f"bearerguard is at most {worst:.2f} times the floor; the bar is {BAR}")
    return 0 if worst <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
