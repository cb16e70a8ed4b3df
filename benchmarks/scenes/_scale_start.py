"""Fresh processes: how long an import takes, and how long it is until the first request is answered."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.util import find_spec

from bearerguard.bench.figures import in_turn
from benchmarks.introspection_shared import ROOT
from benchmarks.suite import Measurement, Run

IMPORT, START = "what an import adds to Python's start", "from the start to the first byte"
NOTHING = "Python alone"

IMPORTS = {
    NOTHING: "pass",
    "bearerguard": "import bearerguard",
    "bearerguard, its httpx client": "import bearerguard.clients.httpx",
    "Starlette": "import starlette.applications, starlette.responses, starlette.routing",
    "Flask": "import flask",
}

_GUARD = """
from bearerguard import {0}Middleware, Cached, ResourceServer, StoredTokens
from bearerguard.stores import issue
from bearerguard.stores.memory import MemoryTokenStore
token, record = issue(subject="alice")
store = MemoryTokenStore()
store.add(record)
server = ResourceServer(
    resource="https://api.example.org", realm="example", verifier=Cached(StoredTokens(store))
)
app = {0}Middleware(app, server)
"""
_STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def tags(request):
    return PlainTextResponse("ok")
token, app = "none", Starlette(routes=[Route("/tags", tags)])
"""
_FLASK = """
from flask import Flask
token, app = "none", Flask("benchmark")
app.add_url_rule("/tags", view_func=lambda: "ok")
"""
_ASGI_REQUEST = """
import asyncio, os
from benchmarks.incoming import asgi_scopes
statuses = []
async def send(message):
    if "status" in message:
        statuses.append(message["status"])
    else:
        os.write(1, b"%d" % statuses[0])
async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}
asyncio.run(app(asgi_scopes([token])[0], receive, send))
"""
_WSGI_REQUEST = """
import io, os
from benchmarks.incoming import wsgi_environs
statuses = []
environ = {**wsgi_environs([token])[0], "wsgi.input": io.BytesIO()}
for _ in app(environ, lambda status, fields, error=None: statuses.append(status)):
    os.write(1, statuses[0][:3].encode())
"""
STARTS: Mapping[str, Mapping[str, str]] = {
    "Starlette": {
        "bare": _STARLETTE + _ASGI_REQUEST,
        "bearerguard": _STARLETTE + _GUARD.format("Asgi") + _ASGI_REQUEST,
    },
    "Flask": {
        "bare": _FLASK + _WSGI_REQUEST,
        "bearerguard": _FLASK + _GUARD.format("Wsgi") + _WSGI_REQUEST,
    },
}


def import_ms(program: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    return 1e3 * (time.perf_counter() - begun)


def first_byte_ms(program: str) -> float:
    begun = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        taken = time.perf_counter() - begun
        rest = process.stdout.read()
    assert first + rest == b"200", first + rest
    return 1e3 * taken


def measure_start(run: Run) -> Iterator[Measurement]:
    rounds = run.choose(8, 2)
    run.tell("imports")
    present = {
        name: program
        for name, program in IMPORTS.items()
        if name not in ("Starlette", "Flask") or find_spec(name.lower())
    }
    programs = {name: partial(import_ms, program) for name, program in present.items()}
    in_turn(programs, 1)  # which writes the bytecode
    taken = in_turn(programs, rounds)
    for name, values in taken.items():
        pairs = zip(values, taken[NOTHING], strict=True)
        added = tuple(value if name == NOTHING else value - nothing for value, nothing in pairs)
        yield Measurement(case=IMPORT, subject=name, unit="ms", values=added)
    for framework, subjects in STARTS.items():
        case = f"{START}, {framework}"
        if not find_spec(framework.lower()):
            reason = f"Not installed: {framework.lower()}."
            yield Measurement(case=case, subject="bearerguard", unit="ms", missing=reason)
            continue
        if not run.may_begin(case):
            continue
        run.tell(f"first bytes, {framework}")
        starts = {name: partial(first_byte_ms, program) for name, program in subjects.items()}
        in_turn(starts, 1)
        for name, found in in_turn(starts, rounds).items():
            versus = None if name == "bare" else "bare"
            yield Measurement(case=case, subject=name, unit="ms", values=tuple(found), versus=versus)
