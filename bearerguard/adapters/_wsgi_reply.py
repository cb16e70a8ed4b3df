"""What goes out of a guarded WSGI application: its answers, and ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

from bearerguard.adapters import Fields, private_fields, without_content
from bearerguard.adapters._wsgi_request import Environ, WsgiRequest
from bearerguard.responses import Answer
from bearerguard.server import ResourceServer

StartResponse = Callable[..., Any]


class WsgiExchange(WsgiRequest):
    """A request together with the start_response that the application sees; one object for each request.

    `start` adds our challenge to a 401 and makes the answer to a query token private (RFC 6750
    section 2.3).
    """

    def __init__(self, environ: Environ, start_response: StartResponse, server: ResourceServer) -> None:
        self.environ = environ
        self.scheme = environ["wsgi.url_scheme"]
        self.method = environ["REQUEST_METHOD"]
        self.query_taken = self.started = False
        self.original_start = start_response
        self._server = server

    def start(self, status: str, headers: Fields, exc_info: Any = None) -> Callable[[bytes], object]:
        self.started = True
        if status[:3] == "401":
            headers = self._challenged(headers)
        elif self.query_taken and status[:1] == "2":
            headers = private_fields(headers)
        if exc_info is None:
            return self.original_start(status, headers)  # type: ignore[no-any-return]
        return self.original_start(status, headers, exc_info)  # type: ignore[no-any-return]

    def _challenged(self, headers: Fields) -> Fields:
        theirs = [value for name, value in headers if name.lower() == "www-authenticate"]
        return [*headers, *(("WWW-Authenticate", one) for one in self._server.challenges_beside(theirs))]


class StatusAndFields:
    """A start_response that lets nothing of a body through."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response

    def start(self, status: str, headers: Fields, *exc_info: Any) -> Callable[[bytes], object]:
        self._start_response(status, without_content(headers, int(status[:3])), *exc_info)
        return _drop


def send_answer(answer: Answer, start_response: StartResponse, *exc_info: Any) -> Iterable[bytes]:
    """Send an answer of ours as a WSGI response; with `exc_info`, in place of one that was begun."""
    start_response(_status_line(answer.status), list(answer.headers), *exc_info)
    return [answer.body]


@cache
def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _drop(content: bytes) -> None:
    """The write() of an answer that has no content."""
