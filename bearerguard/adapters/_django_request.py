"""Read a Django request, which is a WSGI environ under WSGI and much like one under ASGI.

The scheme is what `request.is_secure()` says, so that SECURE_PROXY_SSL_HEADER stays the place where a
proxy is trusted. The body is read by Django: under ASGI it has been, before any middleware runs, so
`body_timeout_seconds` means nothing here and there is no 408; under WSGI the server's own timeout counts.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from io import SEEK_END, BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.http.request import RawPostDataException

from bearerguard.adapters import AUTHENTICATION, STANDING, VOUCHED_FOR, Standing
from bearerguard.adapters._wsgi_request import WsgiRequest
from bearerguard.errors import ConfigurationError
from bearerguard.flow import inline
from bearerguard.request import BODY_CUT_SHORT, BODY_TOO_LARGE, BodyNotRead
from bearerguard.token import AccessToken, Authentication

BODY_IS_GONE = (
    "a middleware before BearerGuardMiddleware has read the request's body as a stream, so no form token "
    "can be looked for: move BearerGuardMiddleware before it"
)


class DjangoRequest(WsgiRequest):
    """`request.META` is the environ under WSGI; under ASGI there is the scope besides."""

    def __init__(self, request: HttpRequest) -> None:
        self.request: Any = request  # Django's own, some of whose parts have no public name
        self.environ = request.META
        self.scheme = request.scheme or "http"
        self.method = request.method or ""
        self._scope: MutableMapping[str, Any] | None = getattr(request, "scope", None)

    @property
    def path(self) -> str:
        """What Django's URLconf is asked for."""
        return str(self.request.path_info)

    @property
    def query(self) -> bytes:
        if self._scope is None:
            return super().query
        return str(self.environ["QUERY_STRING"]).encode("utf-8")

    def replace_query(self, query: bytes) -> None:
        super().replace_query(query)
        if self._scope is not None:
            self.environ["QUERY_STRING"] = query.decode("utf-8")
            self._scope["query_string"] = query
        self.request.__dict__.pop("GET", None)  # a middleware before us may have looked at it

    @property
    def vouched_for(self) -> AccessToken | None:
        found = None if self._scope is None else self._scope.get(VOUCHED_FOR)
        return found if isinstance(found, AccessToken) else super().vouched_for

    @inline  # under ASGI it is in a buffer already
    def read_body(self, max_bytes: int, timeout_seconds: float) -> bytes:
        announced = self._content_length(max_bytes) or 0
        if self._buffered_bytes() > max_bytes:
            raise BodyNotRead(BODY_TOO_LARGE, 413)
        try:
            body: bytes = self.request.body
        except RequestDataTooBig:
            raise BodyNotRead(BODY_TOO_LARGE, 413) from None
        except UnreadablePostError as error:
            raise BodyNotRead(BODY_CUT_SHORT) from error
        except RawPostDataException as error:
            raise ConfigurationError(BODY_IS_GONE) from error
        if len(body) > max_bytes:
            raise BodyNotRead(BODY_TOO_LARGE, 413)
        if len(body) < announced:
            raise BodyNotRead(BODY_CUT_SHORT)
        return body

    def _buffered_bytes(self) -> int:
        """How much Django has read ahead: what bounds a body that announces no length."""
        stream = self.request._stream
        if self.request._read_started or not stream.seekable():
            return 0
        size = int(stream.seek(0, SEEK_END))
        stream.seek(0)
        return size

    def drop_body(self) -> None:
        """Leave the application nothing to read."""
        self.request._body = b""
        self.request._stream = BytesIO()
        self.environ["CONTENT_LENGTH"] = "0"
        if "wsgi.input" in self.environ:
            self.environ["wsgi.input"] = BytesIO()

    def attach(self, authentication: Authentication | None, standing: Standing) -> None:
        """Leave what was found where views, and our decorators, look."""
        self.request.bearerguard = authentication
        for place in (self.environ, self._scope):
            if place is not None:
                place[AUTHENTICATION] = authentication
                place[STANDING] = standing
