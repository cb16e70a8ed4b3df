"""What a type checker makes of the ASGI frameworks' names; nothing here runs."""

from __future__ import annotations

from typing import Annotated, assert_type

from fastapi import FastAPI, Security
from flask import Flask
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from bearerguard import AsgiMiddleware, Authentication, ResourceServer, any_of
from bearerguard.adapters import asgi, fastapi, starlette
from bearerguard.testing import authenticated, unprotected_routes


@starlette.requires("tag", any_of("rating", "collection"))
async def view(request: Request) -> Response:
    assert_type(starlette.authentication(request), Authentication | None)
    return Response()


@starlette.requires()
def plain(request: Request) -> Response:
    return Response()


class Endpoint(HTTPEndpoint):
    @starlette.requires("tag")
    async def get(self, request: Request) -> Response:
        return Response()


@fastapi.requires("tag")
async def chat(websocket: WebSocket) -> None: ...


async def depends(me: Annotated[Authentication, Security(fastapi.bearer, scopes=["tag"])]) -> None: ...


def use(server: ResourceServer, application: Starlette, flask: Flask, request: Request) -> None:
    """A decorator keeps the type of what it decorates, and so does the test helper."""
    plain(request).render("")
    application.add_middleware(AsgiMiddleware, server=server, public=("/health",))
    FastAPI().add_middleware(AsgiMiddleware, server=server)
    guarded = AsgiMiddleware(asgi.requires("tag")(application), server)
    assert_type(authenticated(application, subject=None), Starlette)
    assert_type(authenticated(guarded, scopes=["tag"]), AsgiMiddleware)
    assert_type(unprotected_routes(guarded), list[str])
    authenticated(flask).test_client().get("/")


starlette.requires(1)  # type: ignore[arg-type]
asgi.requires(view)  # type: ignore[arg-type]
