"""The sample service on Starlette, guarded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bearerguard import AsgiMiddleware, ResourceServer
from bearerguard.adapters.starlette import authentication, requires
from bearerguard.demo.catalogue import HEALTH, ROUTES, Catalogue, Operation


def starlette_service(server: ResourceServer) -> AsgiMiddleware:
    """Build the service behind its guard."""
    catalogue = Catalogue()
    routes = [Route(HEALTH, health)]
    for path, (scope, methods, operation) in ROUTES.items():
        routes.append(Route(path, _route(catalogue, scope, operation), methods=list(methods)))
    return AsgiMiddleware(Starlette(routes=routes), server, public=(HEALTH,))


async def health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "up"})


def _route(
    catalogue: Catalogue, scope: str, operation: Operation
) -> Callable[[Request], Awaitable[JSONResponse]]:
    @requires(scope)
    async def route(request: Request) -> JSONResponse:
        who = authentication(request)
        assert who is not None  # noqa: S101 - requires() has seen to it
        # By hand: Starlette's own form() needs one more package.
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace")))
        reply = operation(catalogue, who, form)
        return JSONResponse(reply.members, reply.status)

    return route
