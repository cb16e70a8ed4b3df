"""How each kind of server and framework meets the guard.

What the middleware attaches, in an ASGI scope or a WSGI environ:

    bearerguard           the Authentication, or None
    bearerguard.standing  the Standing: which guard let the request in, and whether it came securely
"""

from __future__ import annotations

from collections.abc import Mapping

from bearerguard.errors import ConfigurationError
from bearerguard.flow import describe, is_async, takes
from bearerguard.request import ResourceRequest
from bearerguard.responses import private
from bearerguard.scopes import Requirement
from bearerguard.server import ResourceServer
from bearerguard.token import Authentication

AUTHENTICATION = "bearerguard"
STANDING = "bearerguard.standing"
VOUCHED_FOR = "bearerguard.testing"

NOT_GUARDED = (
    "This route asks for an access token, but no bearerguard middleware has seen the request: wrap the "
    "application in AsgiMiddleware or WsgiMiddleware, and keep the path out of public=."
)


Fields = list[tuple[str, str]]

PRIVATE = ("cache-control", "private")
OF_CONTENT = frozenset({"content-length", "content-encoding", "transfer-encoding", "trailer"})
ASGI_ARITY = 3  # app(scope, receive, send)
WSGI_ARITY = 2  # app(environ, start_response)

# By convention of several frameworks: what method to take a request for, whatever it says itself.
_METHOD_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
_FORWARDED_FIELDS = frozenset({"forwarded", "via", "x-real-ip", "true-client-ip", "cf-connecting-ip"})


def is_forwarded_field(name: str) -> bool:
    """Tell whether a field, by its lower-case name, is one that proxies add about the client."""
    return name in _FORWARDED_FIELDS or name.startswith(("x-forwarded-", "x-original-"))


def is_preflight(request: ResourceRequest) -> bool:
    """Tell whether an OPTIONS request is a CORS preflight (Fetch, "CORS-preflight fetch").

    A browser's own carries no token, and nothing that would make another method of it.
    """
    return (
        request.field("origin") is not None
        and request.field("access-control-request-method") is not None
        and not request.authorization()
        and not any(request.field(name) is not None for name in _METHOD_OVERRIDES)
    )


def check_arguments(name: str, app: object, server: object, anonymous: object, *, arity: int) -> None:
    """Raise ConfigurationError unless a middleware can be built from these.

    `arity` is what the application is called with: 3 for ASGI, 2 for WSGI.
    """
    if not callable(app):
        raise ConfigurationError(f"{name} needs an application as its first argument")
    if not takes(app, arity):
        kind, other = ("a WSGI", "WsgiMiddleware") if arity == ASGI_ARITY else ("an ASGI", "AsgiMiddleware")
        raise ConfigurationError(f"{name} cannot call this application: if it is {kind} one, use {other}")
    if not isinstance(server, ResourceServer):
        raise ConfigurationError(
            f"{name} needs a ResourceServer as its second argument, not {type(server).__name__}"
        )
    if not isinstance(anonymous, bool):
        raise ConfigurationError(f"{name}(anonymous=...) must be True or False")


def check_sync_ports(server: ResourceServer, advice: str) -> None:
    """Raise ConfigurationError for an async port, where nothing could await it."""
    for port in server.ports():
        if is_async(port):
            raise ConfigurationError(f"{describe(port)} is async, {advice}")


def private_fields(fields: Fields) -> Fields:
    """Make an answer private to its user (RFC 6750 section 2.3)."""
    for name, _ in fields:
        if name.lower() == "cache-control":
            break
    else:  # the usual case
        return [*fields, PRIVATE]
    found = ", ".join(value for name, value in fields if name.lower() == "cache-control")
    kept = [(name, value) for name, value in fields if name.lower() != "cache-control"]
    return [*kept, ("cache-control", private(found or None))]


def without_content(fields: Fields, status: int) -> Fields:
    """Keep the fields of an answer whose content is not sent."""
    kept = [(name, value) for name, value in fields if name.lower() not in OF_CONTENT]
    return kept if status in (204, 304) else [*kept, ("content-length", "0")]


class Standing:
    """What a decorator needs to know besides the authentication; one for all requests of its kind."""

    __slots__ = ("secure", "server")

    def __init__(self, server: ResourceServer, *, secure: bool) -> None:
        self.server = server
        self.secure = secure


def authorize(attached: Mapping[str, object], required: Requirement) -> Authentication:
    """Check what a middleware attached against what a route asks for.

    Raises a Refusal, or ConfigurationError behind no middleware.
    """
    standing = attached.get(STANDING)
    if not isinstance(standing, Standing):
        raise ConfigurationError(NOT_GUARDED)
    authentication = attached.get(AUTHENTICATION)
    if isinstance(authentication, Authentication):
        return standing.server.authorize(authentication, required)
    return standing.server.authorize(None, required, secure=standing.secure)
