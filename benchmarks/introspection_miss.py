"""Measure a first miss through the guard beside a bare pooled call to the same endpoint.

The bare call is one of the package that our own client uses: httpx2 where it is installed, else httpx.
Both are made in turn, one call each, with another good token for every call. Printed beside them: our
own client alone, and a client that is made for each call, as a first try does.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from itertools import count
from typing import Any
from urllib.parse import urlencode

from bearerguard import ClientSecretBasic
from bearerguard.clients import HttpRequest
from bearerguard.clients._packages import httpx
from bearerguard.clients.httpx import HttpxClient
from benchmarks.incoming import asgi_scopes, wsgi_environs
from benchmarks.introspection_edges import Guard, status_of_asgi, status_of_wsgi
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_shared import CLIENT_ID, CLIENT_SECRET, Bar

LIMIT = 1.2
WARM_UP = 50
NEW_CLIENTS = 30  # of these a few say enough, at some 40 ms each
NAMES = (f"a bare pooled call of {httpx.__name__}", "our client alone", "the guard, a first miss")
NEW_CLIENT = f"a new client of {httpx.__name__} per call"
ACCEPT = {"Accept": "application/json"}
FRESH = count()

Taken = dict[str, list[float]]


def new_token() -> str:
    return f"good-{next(FRESH):059x}"


def form_of(token: str) -> dict[str, str]:
    return {"token": token, "token_type_hint": "access_token"}


def request_of(url: str, token: str) -> HttpRequest:
    """The same call as our client takes it."""
    fields = {**ACCEPT, "Content-Type": "application/x-www-form-urlencoded"}
    ClientSecretBasic(CLIENT_ID, CLIENT_SECRET).authenticate(fields, {})
    content = urlencode(form_of(token)).encode("ascii")
    return HttpRequest(method="POST", url=url, fields=fields, content=content, timeout_seconds=2.0)


def new_settings(endpoint: Endpoint) -> dict[str, Any]:
    """Settings for a client that trusts the public authorities, which it has to read, and ours."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(endpoint.ca_file)
    return {"verify": context, "trust_env": False, "auth": (CLIENT_ID, CLIENT_SECRET)}


async def measure_asgi(endpoint: Endpoint, rounds: int) -> Taken:
    settings: dict[str, Any] = {"verify": endpoint.ssl_context, "auth": (CLIENT_ID, CLIENT_SECRET)}
    ours = HttpxClient(ca_file=endpoint.ca_file)
    guard = Guard(endpoint.url, HttpxClient(ca_file=endpoint.ca_file))

    async def bare(token: str) -> Any:
        return await pooled.post(endpoint.url, data=form_of(token), headers=ACCEPT)

    async def alone(token: str) -> Any:
        return await ours.asend(request_of(endpoint.url, token))

    async def guarded(token: str) -> Any:
        return await status_of_asgi(guard.asgi, asgi_scopes([token])[0])

    async def anew(token: str) -> Any:
        async with httpx.AsyncClient(**new_settings(endpoint)) as client:
            return await client.post(endpoint.url, data=form_of(token), headers=ACCEPT)

    async with httpx.AsyncClient(**settings, trust_env=False) as pooled:
        assert (await bare(new_token())).json()["active"] is True
        assert await guarded(new_token()) == 200
        taken = await in_turn(dict(zip(NAMES, (bare, alone, guarded), strict=True)), rounds)
        taken |= await in_turn({NEW_CLIENT: anew}, NEW_CLIENTS, warm_up=1)
    await guard.server.aclose()
    await ours.aclose()
    return taken


def measure_wsgi(endpoint: Endpoint, rounds: int) -> Taken:
    settings: dict[str, Any] = {"verify": endpoint.ssl_context, "auth": (CLIENT_ID, CLIENT_SECRET)}
    ours = HttpxClient(ca_file=endpoint.ca_file)
    guard = Guard(endpoint.url, HttpxClient(ca_file=endpoint.ca_file))

    def bare(token: str) -> Any:
        return pooled.post(endpoint.url, data=form_of(token), headers=ACCEPT)

    def alone(token: str) -> Any:
        return ours.send(request_of(endpoint.url, token))

    def guarded(token: str) -> Any:
        return status_of_wsgi(guard.wsgi, wsgi_environs([token])[0])

    def anew(token: str) -> Any:
        with httpx.Client(**new_settings(endpoint)) as client:
            return client.post(endpoint.url, data=form_of(token), headers=ACCEPT)

    with httpx.Client(**settings, trust_env=False) as pooled:
        assert bare(new_token()).json()["active"] is True
        assert guarded(new_token()) == 200
        taken = in_turn_blocking(dict(zip(NAMES, (bare, alone, guarded), strict=True)), rounds)
        taken |= in_turn_blocking({NEW_CLIENT: anew}, NEW_CLIENTS, warm_up=1)
    guard.server.close()
    ours.close()
    return taken


async def in_turn(
    calls: dict[str, Callable[[str], Awaitable[Any]]], rounds: int, warm_up: int = WARM_UP
) -> Taken:
    """Seconds of every call, in rounds of one call each, in random order."""
    taken: Taken = {name: [] for name in calls}
    for _ in range(warm_up + rounds):
        for name in random.sample(list(calls), len(calls)):
            token = new_token()
            begun = time.perf_counter()
            await calls[name](token)
            taken[name].append(time.perf_counter() - begun)
    return {name: seconds[warm_up:] for name, seconds in taken.items()}


def in_turn_blocking(calls: dict[str, Callable[[str], Any]], rounds: int, warm_up: int = WARM_UP) -> Taken:
    taken: Taken = {name: [] for name in calls}
    for _ in range(warm_up + rounds):
        for name in random.sample(list(calls), len(calls)):
            token = new_token()
            begun = time.perf_counter()
            calls[name](token)
            taken[name].append(time.perf_counter() - begun)
    return {name: seconds[warm_up:] for name, seconds in taken.items()}


def measure(endpoint: Endpoint, rounds: int) -> list[Bar]:
    if find_spec("sniffio") is None:
        # httpcore looks for it several times a call, through all of sys.path where it is not installed:
        # this ends such a search at once, so that the bare call is not slower than it can be.
        sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
    print(f"A first miss: µs, median of {rounds:,} calls each, in turn; the endpoint answers at once\n")
    print(f"{'':34}{'ASGI':>10}{'ratio':>8}{'WSGI':>12}{'ratio':>8}")
    asgi, wsgi = asyncio.run(measure_asgi(endpoint, rounds)), measure_wsgi(endpoint, rounds)
    ratios = {}
    for name in (*NAMES, NEW_CLIENT):
        columns = []
        for edge, taken in (("ASGI", asgi), ("WSGI", wsgi)):
            median = statistics.median(taken[name])
            ratios[name, edge] = median / statistics.median(taken[NAMES[0]])
            columns.append(f"{1e6 * median:10,.0f}{ratios[name, edge]:8.2f}")
        print(f"{name:34}{'  '.join(columns)}")
    print()
    return [
        Bar(f"a first miss, times a bare pooled call, {edge}", ratios[NAMES[2], edge], LIMIT)
        for edge in ("ASGI", "WSGI")
    ]
