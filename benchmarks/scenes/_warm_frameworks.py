"""What is measured of the warm path inside a framework: the guard around its application, and its peers.

Beside each peer stands the guard with the checks that the peer makes: a scope where that asks for one.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from bearerguard import AsgiMiddleware, WsgiMiddleware
from benchmarks.incoming import asgi_requests, wsgi_requests
from benchmarks.peers import AUTHLIB, PYJWT, TOOLKIT_DECORATOR, TOOLKIT_MIDDLEWARE
from benchmarks.scenes._warm_cases import BARE, OURS, Case, Issued, Subject, Traffic

CASES = {"fastapi": "a FastAPI route", "flask": "a Flask view", "django": "a Django view"}
PEERS = {"fastapi": (PYJWT,), "flask": (AUTHLIB,), "django": (TOOLKIT_DECORATOR, TOOLKIT_MIDDLEWARE)}

TOKENS = 100
BLOCK = 20  # fewer than elsewhere, since each takes so much longer

OURS_WITH_SCOPE = f"{OURS}, a scope asked for"
OURS_IN_THE_LIST = f"{OURS}, in MIDDLEWARE"


def fastapi_cases() -> list[Case]:
    from benchmarks.peers import fastapi_pyjwt as peer

    issued = Issued(TOKENS)
    traffic = Traffic(asgi_requests, issued.tokens)
    key = peer.new_key()

    bare = peer.bare_app()
    subjects = {
        BARE: Subject(bare, traffic, refuses=False),
        OURS: Subject(AsgiMiddleware(bare, issued.server), traffic),
        OURS_WITH_SCOPE: Subject(AsgiMiddleware(peer.scoped_app(), issued.server), traffic),
        PYJWT: Subject(peer.peer_app(key), Traffic(asgi_requests, peer.sign_tokens(key, TOKENS))),
    }
    return [Case(CASES["fastapi"], "asgi", BLOCK, subjects)]


def flask_cases() -> list[Case]:
    from benchmarks.peers import authlib_flask as peer

    issued = Issued(TOKENS)
    traffic = Traffic(wsgi_requests, issued.tokens)
    bare = peer.bare_app()
    subjects = {
        BARE: Subject(bare, traffic, refuses=False),
        OURS: Subject(WsgiMiddleware(bare, issued.server), traffic),
        OURS_WITH_SCOPE: Subject(WsgiMiddleware(peer.scoped_app(), issued.server), traffic),
    }
    case = Case(CASES["flask"], "wsgi", BLOCK, subjects)
    case.add(AUTHLIB, lambda: Subject(peer.peer_app(issued.tokens, expires_at=issued.expires_at), traffic))
    return [case]


def django_cases(folder: Path) -> list[Case]:
    """`folder` is for the database."""
    from benchmarks.peers import django_toolkit as peer

    issued = Issued(TOKENS)
    peer.set_up(folder, issued.server)
    peer.add_tokens(issued.tokens, expires_at=issued.expires_at)

    def subject(app: Any, path: str, *, refuses: bool = True) -> Subject:
        return Subject(app, Traffic(partial(wsgi_requests, path=path), issued.tokens), refuses)

    bare = peer.application()
    subjects = {
        BARE: subject(bare, "/bare", refuses=False),
        OURS: subject(WsgiMiddleware(bare, issued.server), "/bare"),
        OURS_WITH_SCOPE: subject(WsgiMiddleware(bare, issued.server), "/bearerguard"),
        OURS_IN_THE_LIST: subject(peer.application(peer.OURS_IN_THE_LIST), "/bare"),
        TOOLKIT_DECORATOR: subject(bare, "/toolkit"),
        TOOLKIT_MIDDLEWARE: subject(peer.application(peer.TOOLKIT_IN_THE_LIST), "/bare", refuses=False),
    }
    return [Case(CASES["django"], "wsgi", BLOCK, subjects)]
