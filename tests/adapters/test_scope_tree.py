"""The scopes that a scope tree adds are seen wherever a framework looks for scopes (RFC 6750 section 3.1)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI, Security
from flask import Flask, render_template_string
from starlette.applications import Starlette
from starlette.authentication import requires as starlettes_own
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bearerguard import AccessToken, AsgiMiddleware, Authentication, FromFunction, ScopeTree, WsgiMiddleware
from bearerguard.adapters import django as in_django
from bearerguard.adapters import fastapi as in_fastapi
from bearerguard.adapters import flask as in_flask
from bearerguard.adapters import starlette as in_starlette
from bearerguard.testing import authenticated
from tests.adapters.django_project import OWN_KINDS, Project
from tests.support import (
    Reply,
    asgi_scope,
    bearer,
    call_wsgi,
    drive_asgi,
    pieces,
    reply_of,
    server,
    wsgi_environ,
)

TREE = ScopeTree({"modify": ["add"], "add": ["read"]})


def starlette_app() -> Any:
    @in_starlette.requires("read")
    def ours(request: Request) -> Response:
        return PlainTextResponse(" ".join(sorted(request.auth.scopes)))

    @starlettes_own("read")
    def theirs(request: Request) -> Response:
        return PlainTextResponse(" ".join(sorted(request.user.scopes)))

    return Starlette(routes=[Route("/ours", ours), Route("/theirs", theirs)])


def fastapi_app() -> Any:
    app = FastAPI()

    @app.get("/ours", response_class=PlainTextResponse)
    def ours(me: Annotated[Authentication, Security(in_fastapi.bearer, scopes=["read"])]) -> str:
        return " ".join(sorted(me.scopes))

    return app


def flask_app() -> Any:
    app = Flask(__name__)

    @app.get("/ours")
    @in_flask.requires("read")
    def ours() -> str:
        return " ".join(sorted(in_flask.authentication().scopes))  # type: ignore[union-attr]

    @app.get("/theirs")
    def template() -> str:
        # As a template asks whether to show a button.
        text = "{% if 'read' in me.scopes %}{{ me.scopes | sort | join(' ') }}{% endif %}"
        return render_template_string(text, me=in_flask.authentication())

    return app


def ask_asgi(app: Any, path: str, scopes: list[str]) -> Reply:
    guarded = authenticated(AsgiMiddleware(app, server(scope_tree=TREE)), scopes=scopes)
    return reply_of(asyncio.run(drive_asgi(guarded, asgi_scope(path=path), pieces(b""))))


def ask_wsgi(app: Any, path: str, scopes: list[str]) -> Reply:
    guarded = authenticated(WsgiMiddleware(app, server(scope_tree=TREE)), scopes=scopes)
    return call_wsgi(guarded, wsgi_environ(path=path))


@pytest.mark.parametrize(
    ("ask", "build", "where"),
    [
        (ask_asgi, starlette_app, "/ours"),
        (ask_asgi, starlette_app, "/theirs"),
        (ask_asgi, fastapi_app, "/ours"),
        (ask_wsgi, flask_app, "/ours"),
        (ask_wsgi, flask_app, "/theirs"),
    ],
    ids=["starlette", "starlette's own", "fastapi", "flask", "a template of flask"],
)
def test_every_framework_sees_the_same(ask: Any, build: Any, where: str) -> None:
    """Decorators, dependencies, Starlette's own `@requires`, templates; in users' own tests, too."""
    reply = ask(build(), where, ["modify"])
    assert (200, b"add modify read") == (reply.status, reply.body)


@pytest.mark.parametrize("kind", OWN_KINDS)
def test_django_sees_the_same(kind: str) -> None:
    """Under WSGI and under ASGI; `request.bearerguard` is what templates are given."""

    @in_django.requires("read")
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(" ".join(sorted(request.bearerguard.scopes)))  # type: ignore[attr-defined]

    facts = AccessToken(subject="alice", scopes=frozenset({"modify"}))
    guard = server(FromFunction({"good": facts}.get), scope_tree=TREE)
    project = Project(kind, guard, [path("", view)])
    reply = project.answer(path="/", headers=bearer("good"))
    assert (200, b"add modify read") == (reply.status, reply.body)
