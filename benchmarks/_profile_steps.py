"""The steps of a warm request, each as a statement that can be measured by itself.

Where a step is a function of the package, that is called. Where it is a few lines within the
middleware, they stand here as they stand there, and it is an error when they do not any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bearerguard.adapters import STANDING
from bearerguard.adapters._asgi_reply import AsgiExchange
from bearerguard.adapters._wsgi_reply import WsgiExchange
from bearerguard.adapters.asgi import GUARDED, AsgiMiddleware
from bearerguard.adapters.wsgi import WsgiMiddleware
from bearerguard.bench.applications import least_wsgi
from bearerguard.flow import run
from bearerguard.token import Authentication
from benchmarks._profile_lines import (
    ASGI_ATTACH,
    ASGI_GATE,
    CALL,
    DRIVE,
    WSGI_ATTACH,
    WSGI_GATE,
    PassingAsgi,
    PassingWsgi,
    copied,
)
from benchmarks.floor import AsgiFloor, WsgiFloor
from benchmarks.requests import asgi_scopes, wsgi_environs
from benchmarks.scenes._warm_cases import PUBLIC, Issued

FRAME = "the middleware's own call"
GATE = "kind, path, method"
EXCHANGE = "exchange object"
FIND = "find the token"
DIGEST = "digest it"
RECALL = "recall"
CHECK = "check expiry, audience"
AUTHENTICATE = "authenticate"
ATTACH = "attach what was found"
SEND = "send wrapper"
WHOLE, FLOOR = "whole", "floor"


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, and another that takes all that is not the step's."""

    statement: str
    without: str = "pass"


@dataclass(frozen=True, slots=True)
class Edge:
    """The steps of one edge, and the names that their statements use."""

    names: dict[str, Any]
    steps: dict[str, Step]


def asgi_edge() -> Edge:
    """The steps of ASGI."""
    issued = Issued(1)
    base = asgi_scopes(issued.tokens)[0]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        """Answer as `least_asgi` does, on a channel that has nothing to be awaited."""
        send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        send({"type": "http.response.body", "body": b"ok"})

    guarded = AsgiMiddleware(app, issued.server, public=PUBLIC)
    names = {
        **_names(issued, guarded),
        "base": base,
        "receive": _nothing,
        "send": _nothing,
        "exchange": AsgiExchange(dict(base), _nothing, _nothing, issued.server),  # type: ignore[arg-type]
        "Exchange": AsgiExchange,
        "GUARDED": GUARDED,
        "start": {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]},
        "body": {"type": "http.response.body", "body": b"ok"},
        "bare": app,
        "passing": PassingAsgi(app),
        "floor": AsgiFloor(app, issued.known()),
    }
    call, made = AsgiMiddleware.__call__, "Exchange(scope, receive, send, server)"
    own = {
        GATE: Step(copied(ASGI_GATE, call)),
        EXCHANGE: Step(made),
        ATTACH: Step("scope = dict(base)\n" + copied(ASGI_ATTACH, call), "scope = dict(base)"),
        SEND: Step(
            f"one = {made}\nreads, sends = one.receive, one.send\nsends(start)\nsends(body)",
            f"one = {made}\nsend(start)\nsend(body)",
        ),
    }
    return Edge({**names, "scope": dict(base)}, {**own, **_shared(DRIVE)})


def wsgi_edge() -> Edge:
    """The steps of WSGI."""
    issued = Issued(1)
    base = wsgi_environs(issued.tokens)[0]
    guarded = WsgiMiddleware(least_wsgi, issued.server, public=PUBLIC)
    names = {
        **_names(issued, guarded),
        "base": base,
        "start_response": _nothing,
        "exchange": WsgiExchange(dict(base), _nothing, issued.server),
        "Exchange": WsgiExchange,
        "headers": [("Content-Length", "2")],
        "bare": least_wsgi,
        "passing": PassingWsgi(least_wsgi),
        "floor": WsgiFloor(least_wsgi, issued.known()),
    }
    call, made = WsgiMiddleware.__call__, "Exchange(environ, start_response, server)"
    own = {
        GATE: Step(copied(WSGI_GATE, call)),
        EXCHANGE: Step(made),
        ATTACH: Step("environ = dict(base)\n" + copied(WSGI_ATTACH, call), "environ = dict(base)"),
        SEND: Step(
            f'one = {made}\nstarts = one.start\nstarts("200 OK", headers)',
            f'one = {made}\nstart_response("200 OK", headers)',
        ),
    }
    return Edge({**names, "environ": dict(base)}, {**own, **_shared(CALL)})


def _names(issued: Issued, guarded: Any) -> dict[str, Any]:
    procedure: Any = issued.server.authenticate.__self__  # type: ignore[attr-defined]
    token = issued.tokens[0].encode("ascii")
    facts, authentication = _answer_once(issued, procedure, token)
    return {
        "self": guarded,
        "guarded": guarded,
        "facts": facts,
        "authentication": authentication,
        "Authentication": Authentication,
        "STANDING": STANDING,
        "server": issued.server,
        "authenticate": issued.server.authenticate,
        "find": procedure._find,
        "recall": procedure._recall,
        "check": procedure._check,
        "sha256": sha256,
        "token": token,
    }


def _answer_once(issued: Issued, procedure: Any, token: bytes) -> tuple[Any, Any]:
    """Fill the cache, as the first request does; the facts and the authentication that it keeps."""
    exchange = WsgiExchange(wsgi_environs(issued.tokens)[0], _nothing, issued.server)
    authentication = run(issued.server.authenticate(exchange))  # type: ignore[arg-type]
    assert issued.server.authenticate(exchange) is authentication
    return procedure._recall(token), authentication


def _shared(call: str) -> dict[str, Step]:
    """The steps that both edges have, where `call` is how one calls an application."""
    bare = call.format(app="bare")
    return {
        AUTHENTICATE: Step("authenticate(exchange)"),
        FIND: Step("find(exchange)"),
        DIGEST: Step("sha256(token).digest()"),
        RECALL: Step("recall(token)"),
        CHECK: Step("check(facts)"),
        FRAME: Step(call.format(app="passing"), bare),
        WHOLE: Step(call.format(app="guarded"), bare),
        FLOOR: Step(call.format(app="floor"), bare),
    }


def _nothing(*_: object) -> None:
    pass
