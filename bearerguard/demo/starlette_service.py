"""The sample service on Starlette, guarded."""

from __future__ import annotations

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


def _route(catalogue: Catalogue, scope: str, operation: Operation):  # type: ignore[no-untyped-def]
    @requires(scope)
    async def route(request: Request) -> JSONResponse:
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        reply = operation(catalogue, authentication(request), form)
        return JSONResponse(reply.members, reply.status)

    return route
