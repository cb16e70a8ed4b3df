"""List the routes of a Starlette or FastAPI application that do not say what they require."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.routing import Host, Mount, Route, WebSocketRoute

from bearerguard.adapters._views import is_guarded
from bearerguard.adapters._wrapped import unwrap
from bearerguard.adapters.asgi import AsgiMiddleware
from bearerguard.public import PublicPaths

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANY = "*"

# Routes are `Any` here: a FastAPI route in an included router is known by its context, which has the
# attributes of a route without being one.
Public = tuple[tuple[str, PublicPaths], ...]


def unprotected_routes(app: object) -> list[str]:
    """List the routes that neither say what they require nor are public, as `"GET /path"`.

    A route says so by `requires(...)`, on its view, on all methods of its endpoint, or on the
    application that it mounts. Public is what `public=` of an AsgiMiddleware around it names. Every
    other route is listed, also where the middleware refuses anonymous requests: any good token will
    do there, and `requires()` is the way to say that this is meant. A websocket is listed as
    `"WEBSOCKET /path"`, an application that has no routes to look at as `"* /path/*"`.

    Does not: see checks inside a view, or Starlette's own `@requires`.
    """
    return sorted(Walk().list_unprotected(app, "", ()))


@dataclass(frozen=True, slots=True)
class Walk:
    """How to go through an application: `expand` gives its routes, `protects` knows other marks than ours."""

    expand: Callable[[Iterable[Any]], Iterable[Any]] = iter
    protects: Callable[[Any], bool] = lambda _: False

    def list_unprotected(self, app: object, prefix: str, public: Public) -> Iterator[str]:
        inner, passed = unwrap(app)
        if is_guarded(inner):
            return
        public = (*public, *((prefix, paths) for paths in (*passed, *_public_by_add_middleware(inner))))
        if not hasattr(inner, "routes"):
            if not _is_public(f"{prefix}/*", public):
                yield f"{ANY} {prefix}/*"
            return
        for route in self.expand(inner.routes):
            yield from self._look_at(route, prefix, public)

    def _look_at(self, route: Any, prefix: str, public: Public) -> Iterator[str]:
        path = prefix + (getattr(route, "path", None) or "")
        if isinstance(getattr(route, "original_route", route), Mount | Host):
            yield from self.list_unprotected(route.app, path, public)
        elif not self.protects(route) and not _is_public(path, public):
            yield from (f"{method} {path}" for method, view in _views(route) if not is_guarded(view))


def _views(route: Any) -> Iterator[tuple[str, object]]:
    """Give each method of a route with the function that answers to it."""
    endpoint: Any = getattr(route, "endpoint", None)
    while isinstance(endpoint, functools.partial) and not is_guarded(endpoint):
        endpoint = endpoint.func
    original = getattr(route, "original_route", route)
    if isinstance(original, WebSocketRoute):
        is_class = inspect.isclass(endpoint) and issubclass(endpoint, WebSocketEndpoint)
        yield "WEBSOCKET", endpoint.on_connect if is_class else endpoint
    elif isinstance(original, Route) and inspect.isclass(endpoint) and issubclass(endpoint, HTTPEndpoint):
        for method in METHODS:
            if hasattr(endpoint, method.lower()):
                yield method, getattr(endpoint, method.lower())
    else:
        methods = set(getattr(route, "methods", None) or {ANY})
        for method in sorted(methods - {"HEAD"} if "GET" in methods else methods):
            yield method, endpoint


def _public_by_add_middleware(app: object) -> Iterator[PublicPaths]:
    for middleware in getattr(app, "user_middleware", ()):
        if inspect.isclass(middleware.cls) and issubclass(middleware.cls, AsgiMiddleware):
            yield PublicPaths(middleware.kwargs.get("public", ()))


def _is_public(path: str, public: Public) -> bool:
    return any(path[len(prefix) :] in paths for prefix, paths in public)
