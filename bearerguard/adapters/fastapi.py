"""Say what a FastAPI route requires, by a dependency that OpenAPI shows or by a decorator.

@app.get("/tags")
def tags(me: Annotated[Authentication, Security(bearer, scopes=["tag"])]) -> list[str]: ...
"""

# No `from __future__ import annotations`: FastAPI reads the annotations of `BearerScheme.__call__`, and
# cannot look up names for the method of an object.

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import fastapi.routing
from fastapi.openapi.models import HTTPBearer
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from bearerguard.adapters import STANDING, Standing, authorize
from bearerguard.adapters._starlette_routes import Walk
from bearerguard.adapters.starlette import authentication, exception_of, requires
from bearerguard.errors import Refusal
from bearerguard.scopes import Requirement, any_of, requirement
from bearerguard.token import Authentication

__all__ = ["BearerScheme", "authentication", "bearer", "requires", "unprotected_routes"]

MAX_KEPT_REQUIREMENTS = 1024  # one for each list of scopes that is written in routes


class BearerScheme(SecurityBase):
    """A dependency that gives the Authentication, or refuses as the middleware would.

    `Depends(bearer)` asks for any good token, `Security(bearer, scopes=["tag", "rating"])` for both
    scopes; those that a router or the application asks for are asked for as well. For one of several
    write `Depends(BearerScheme(any_of("tag", "rating")))`. `scheme_name` and `description` are for
    OpenAPI.

    Raises ConfigurationError for a scope that cannot be one: here where it is written, in
    `Security(...)` when the route is first asked for, and in `unprotected_routes`.
    """

    def __init__(
        self, *scopes: str | any_of, scheme_name: str = "bearer", description: str | None = None
    ) -> None:
        self.model = HTTPBearer(description=description)
        self.scheme_name = scheme_name
        self._scopes = scopes
        requirement(*scopes)  # not from the cache, which cannot say what is wrong with a list

    async def __call__(self, connection: HTTPConnection, asked: SecurityScopes) -> Authentication:
        try:
            return authorize(connection.scope, self.requirement(asked.scopes))
        except Refusal as refusal:
            standing: Standing = connection.scope[STANDING]
            answer = standing.server.respond(refusal)  # whole: the middleware knows a HEAD
            raise exception_of(answer, connection, refusal.description or None) from None

    def requirement(self, scopes: Iterable[str]) -> Requirement:
        """Give all that is required where these scopes are asked for besides."""
        return _requirement(*self._scopes, *scopes)


_requirement = lru_cache(MAX_KEPT_REQUIREMENTS)(requirement)

bearer = BearerScheme()
"""The dependency to use: `Security(bearer, scopes=["tag"])`."""


def unprotected_routes(app: object) -> list[str]:
    """List the routes that neither say what they require nor are public, as `"GET /path"`.

    As for Starlette (see there), and a dependency on a BearerScheme says so too: the route's own, its
    router's, or a dependency's. FastAPI's own pages, such as `/docs`, are routes like any other.
    """
    return sorted(Walk(_expand, _has_dependency).list_unprotected(app, "", ()))


def _expand(routes: Iterable[Any]) -> Iterable[Any]:
    # Newer releases keep an included router as one route, older ones copy its routes.
    expand: Callable[[Iterable[Any]], Iterable[Any]] = getattr(fastapi.routing, "iter_route_contexts", iter)
    return expand(routes)


def _has_dependency(route: Any) -> bool:
    dependant = getattr(route, "dependant", None)
    return dependant is not None and _depends_on_bearer(dependant)


def _depends_on_bearer(dependant: Any) -> bool:
    if isinstance(dependant.call, BearerScheme):
        dependant.call.requirement(getattr(dependant, "own_oauth_scopes", None) or ())
        return True
    return any(_depends_on_bearer(one) for one in dependant.dependencies)
