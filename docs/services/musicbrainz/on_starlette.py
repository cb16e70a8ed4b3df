"""The service on Starlette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bearerguard import AsgiMiddleware
from bearerguard.adapters.starlette import authentication, requires
from bearerguard.stores import TokenStore
from musicbrainz.answers import Problem, Reply, content_of, fields_of, shape_of
from musicbrainz.digest import Target
from musicbrainz.editors import Editor
from musicbrainz.guard import build_guards
from musicbrainz.places import NOT_ALLOWED, NOT_FOUND, OPEN_PLACES, PLACES
from musicbrainz.service import (
    MAX_BODY_BYTES,
    Asked,
    OpenPlace,
    Place,
    Service,
    build_service,
    look_up,
    operate,
)

View = Callable[[Request], Awaitable[Response]]


def build_asgi(
    store: TokenStore, *, resource: str, editors: Mapping[str, Editor] | None = None
) -> Callable[..., Awaitable[None]]:
    """Build the service behind its guards; `store` is where its tokens are."""
    service = build_service(resource, editors or {})
    routes = []
    for place in PLACES:
        routes += _routes(place.path, _guarded_view(service, place), list(place.operations))
    for open_place in OPEN_PLACES:
        routes += _routes(open_place.path, _open_view(service, open_place), ["GET"])
    app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_allowed})
    app.router.redirect_slashes = False  # the path with a slash at its end is the same place
    guarded = {
        shape: AsgiMiddleware(app, guard, anonymous=True)  # whoever brings no token may bring Digest
        for shape, guard in build_guards(store, resource=resource).items()
    }

    async def in_shape(scope: Any, receive: Any, send: Any) -> None:
        fields = dict(scope.get("headers", ()))
        accept = fields.get(b"accept", b"").decode("latin-1")
        query = scope.get("query_string", b"").decode("latin-1")
        shape = shape_of(scope.get("path", ""), query, accept)
        await guarded[shape](scope, receive, send)

    return in_shape


def _routes(path: str, view: View, methods: list[str]) -> list[Route]:
    return [Route(path, view, methods=methods), Route(f"{path}/", view, methods=methods)]


def _guarded_view(service: Service, place: Place) -> View:
    async def view(request: Request) -> Response:
        return _response(request, operate(service, place, await _asked(request), authentication(request)))

    with_token = requires(place.scope)(view)

    async def with_either(request: Request) -> Response:
        return await (view if authentication(request) is None else with_token)(request)

    return with_either


def _open_view(service: Service, place: OpenPlace) -> View:
    async def view(request: Request) -> Response:
        return _response(request, look_up(service, place, await _asked(request)))

    return view


async def _asked(request: Request) -> Asked:
    raw_path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"].decode("latin-1")
    return Asked(
        Target(request.method, unquote_to_bytes(raw_path), query),
        request.path_params,
        ", ".join(request.headers.getlist("authorization")) or None,
        request.headers.get("content-type", ""),
        await _body(request),
    )


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            break
    return body


async def _not_found(request: Request, error: Exception) -> Response:
    return _response(request, NOT_FOUND)


async def _not_allowed(request: Request, error: Exception) -> Response:
    response = _response(request, NOT_ALLOWED)
    if isinstance(error, HTTPException) and error.headers:
        response.headers["allow"] = ", ".join(sorted(error.headers["Allow"].split(", ")))
    return response


def _response(request: Request, answer: Reply | Problem) -> Response:
    shape = shape_of(
        request.scope["path"],
        request.scope["query_string"].decode("latin-1"),
        request.headers.get("accept", ""),
    )
    content_type, content = content_of(answer, shape)
    status = answer.status if isinstance(answer, Problem) else 200
    return Response(content, status, {"content-type": content_type, **fields_of(answer)})
