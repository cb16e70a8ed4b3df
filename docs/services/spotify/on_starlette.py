"""The service as an ASGI application, on Starlette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from bearerguard import AsgiMiddleware, InsufficientScope
from bearerguard.adapters.starlette import authentication, requires
from bearerguard.stores import TokenStore
from spotify.calls import MAX_BODY_BYTES, Call, Reply
from spotify.guard import build_guard
from spotify.limits import REQUESTS_PER_WINDOW
from spotify.routes import ROUTES, Route
from spotify.service import Service, allow, check_user, error_reply

View = Callable[[HTTPEndpoint, Request], Awaitable[Response]]


def build_asgi(
    store: TokenStore, *, resource: str, requests_per_window: int = REQUESTS_PER_WINDOW
) -> AsgiMiddleware:
    """Build the service behind its guard; `resource` is its own address, such as https://localhost:8443."""
    service = Service(
        build_guard(store, resource=resource), resource=resource, requests_per_window=requests_per_window
    )
    return AsgiMiddleware(build_application(service), service.guard)


def build_application(service: Service) -> Starlette:
    """Build what stands behind the guard."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _view(service, route)

    async def lacking(request: Request, refusal: Exception) -> Response:
        answer = service.guard.respond(refusal, request.method)  # type: ignore[arg-type]
        return Response(answer.body, answer.status, dict(answer.headers))

    application = Starlette(
        routes=[StarletteRoute(path, type("Views", (HTTPEndpoint,), views)) for path, views in paths.items()],
        exception_handlers={InsufficientScope: lacking, HTTPException: _failed, 500: _failed},
    )
    application.router.redirect_slashes = False  # a redirect would take the token along
    return application


def _view(service: Service, route: Route) -> View:
    @requires(*route.scopes)
    async def with_scopes(request: Request) -> Response:
        who = authentication(request)
        assert who is not None  # noqa: S101 - requires() has seen to it
        query = request.scope["query_string"].decode("latin-1")
        call = Call(who, request.path_params, query, await _body_of(request))
        return _response(service.answer(route, call))

    @wraps(with_scopes)  # so that it too says what it requires: see unprotected_routes()
    async def view(endpoint: HTTPEndpoint, request: Request) -> Response:
        refused = check_user(route, authentication(request))
        return await with_scopes(request) if refused is None else _response(refused)

    return view


async def _body_of(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return bytes(body)


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.fields)


async def _failed(request: Request, error: Exception) -> Response:
    """Answer what Starlette refuses by itself, and what nobody foresaw."""
    if not isinstance(error, HTTPException):
        return _response(error_reply(500))
    allowed = {name.strip() for name in (error.headers or {}).get("Allow", "").split(",") if name.strip()}
    return _response(error_reply(error.status_code, allow(allowed)))
