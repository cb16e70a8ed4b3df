"""What goes out of a guarded WSGI application: its answers, and ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from io import BytesIO
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

    started = False
    _with_content = True

    def __init__(self, environ: Environ, start_response: StartResponse, server: ResourceServer) -> None:
        self.environ = environ
        self.scheme = environ["wsgi.url_scheme"]
        self.method = environ["REQUEST_METHOD"]
        self.original_start = start_response
        self._server = server

    def drop_content(self) -> None:
        """Leave the application nothing to read, and let nothing but status and fields out."""
        self._with_content = False
        self.environ["wsgi.input"] = BytesIO()
        self.environ["CONTENT_LENGTH"] = "0"

    def start(self, status: str, headers: Fields, exc_info: Any = None) -> Callable[[bytes], object]:
        self.started = True
        if status[:3] == "401" or self.query_taken or not self._with_content:
            headers = self._amend(int(status[:3]), list(headers))
        if exc_info is None:
            write = self.original_start(status, headers)
        else:
            write = self.original_start(status, headers, exc_info)
        return write if self._with_content else _drop

    def _amend(self, status: int, headers: Fields) -> Fields:
        if status == 401:
            theirs = [value for name, value in headers if name.lower() == "www-authenticate"]
            headers += [("WWW-Authenticate", one) for one in self._server.challenges_beside(theirs)]
        elif self.query_taken and 200 <= status < 300:
            headers = private_fields(headers)
        return headers if self._with_content else without_content(headers, status)


def send_answer(answer: Answer, start_response: StartResponse, *exc_info: Any) -> Iterable[bytes]:
    """Send an answer of ours as a WSGI response; with `exc_info`, in place of one that was begun."""
    start_response(_status_line(answer.status), list(answer.headers), *exc_info)
    return [answer.body]


@cache
def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _drop(content: bytes) -> None:
    """The write() of an answer that has no content."""
