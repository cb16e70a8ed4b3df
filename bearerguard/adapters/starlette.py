"""Say what a Starlette view requires, and ask who sent a request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from starlette.endpoints import WebSocketEndpoint
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketState

from bearerguard.adapters._asgi_reply import BODY_FIELD, POLICY_VIOLATION, send_answer, to_bytes
from bearerguard.adapters._starlette_routes import unprotected_routes
from bearerguard.adapters._starlette_views import place_of
from bearerguard.adapters._views import attached_authentication, guard_view, refusal_of
from bearerguard.responses import Answer
from bearerguard.scopes import any_of, requirement
from bearerguard.token import Authentication

__all__ = ["authentication", "requires", "unprotected_routes"]

View = TypeVar("View", bound=Callable[..., Any])

DENIAL_RESPONSE = "websocket.http.response"  # the ASGI extension that refuses a websocket with an answer


def requires(*scopes: str | any_of) -> Callable[[View], View]:
    """Let only tokens with these scopes through to a view: `def` or `async def`, function or method.

    `requires("tag", "rating")` asks for both, `requires(any_of("tag", "rating"))` for one of them, and
    `requires()` for any good token. The view needs a parameter for its request or websocket, found by
    name (`request`, `websocket`) or by annotation. A websocket is refused before it is accepted.

    Raises ConfigurationError where it is written: for a scope that cannot be one, and for a view
    without a request. On a request behind no middleware it raises one too, which is a 500.
    """
    required = requirement(*scopes)

    def decorate(view: View) -> View:
        place = place_of(view)

        def refuse(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> object:
            connection = place.find(arguments, named)
            answer = refusal_of(connection.scope, required, connection.scope.get("method", "GET"))
            if answer is None:
                return None
            if isinstance(connection, WebSocket):
                return _refuse_websocket(answer, connection, arguments)
            return _response(answer)

        return guard_view(view, required, refuse)

    return decorate


def authentication(connection: HTTPConnection) -> Authentication | None:
    """Give who sent this request, or opened this websocket; None where no token came.

    Raises ConfigurationError behind no middleware.
    """
    return attached_authentication(connection.scope)


def exception_of(answer: Answer, connection: HTTPConnection, detail: str | None = None) -> Exception:
    """Put a refusal, answered as to a GET, into an exception: for where nothing can be returned.

    The middleware puts our body in place of the framework's (see `AsgiExchange`), so that the answer
    is the same to the byte, and fields that other middleware adds to it stay. `detail` is for
    exception handlers of the application's own.
    """
    if isinstance(connection, WebSocket) and not _takes_answer(connection):
        return WebSocketException(POLICY_VIOLATION)
    fields: dict[str, str] = {}
    for name, value in answer.headers:
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    fields[BODY_FIELD] = b64encode(answer.body).decode("ascii")
    return HTTPException(answer.status, detail, fields)


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.raw_headers = to_bytes(answer.headers)
    return response


async def _refuse_websocket(answer: Answer, websocket: WebSocket, arguments: tuple[Any, ...]) -> None:
    is_method_of_endpoint = isinstance(next(iter(arguments), None), WebSocketEndpoint)
    if is_method_of_endpoint or websocket.application_state is not WebSocketState.CONNECTING:
        # An endpoint goes on to receive whatever on_connect sent, unless that raises.
        raise exception_of(answer, websocket)
    await send_answer(answer, websocket.scope, websocket.send)


def _takes_answer(websocket: WebSocket) -> bool:
    return websocket.application_state is WebSocketState.CONNECTING and DENIAL_RESPONSE in (
        websocket.scope.get("extensions") or {}
    )
