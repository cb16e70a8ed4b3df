"""Guard a WSGI application (PEP 3333), whatever framework is inside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from bearerguard.adapters import (
    AUTHENTICATION,
    STANDING,
    Fields,
    Standing,
    check_arguments,
    is_preflight,
    private_fields,
    without_content,
)
from bearerguard.adapters._wsgi_request import Environ, WsgiRequest
from bearerguard.errors import ConfigurationError, Refusal, Unavailable
from bearerguard.flow import describe, is_async, run
from bearerguard.public import PublicPaths
from bearerguard.responses import Answer
from bearerguard.server import ResourceServer
from bearerguard.token import Authentication

logger = logging.getLogger("bearerguard")

StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class WsgiMiddleware:
    """Let only requests with a good token through to a WSGI application.

    `anonymous=True` lets requests without a token through as well, with None attached: then routes
    decide; a token that was sent and is bad is refused all the same. `public` names paths that pass
    untouched: `("/health", "/static/*")`. `remote_user=True` also sets REMOTE_USER to the subject:
    mind that some frameworks log that user in, past the scopes.

    Attaches `environ["bearerguard"]`. Raises ConfigurationError while building, also for a store,
    verifier or `load_user` that is async.
    """

    def __init__(
        self,
        app: WsgiApp,
        server: ResourceServer,
        *,
        anonymous: bool = False,
        public: Sequence[str] = (),
        remote_user: bool = False,
    ) -> None:
        check_arguments("WsgiMiddleware", app, server, anonymous)
        for port in server.ports():
            if is_async(port):
                raise ConfigurationError(
                    f"{describe(port)} is async and cannot be called under WSGI: use AsgiMiddleware, or a plain def"
                )
        self.app = app
        self.server = server
        self._anonymous = anonymous
        self._public = PublicPaths(public)
        self._has_public = bool(self._public)
        self._remote_user = remote_user

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._has_public and _path(environ) in self._public:
            return self.app(environ, start_response)
        request = WsgiRequest(environ)
        if request.method == "OPTIONS" and is_preflight(request):
            return self._pass_preflight(request, start_response)
        standing = Standing(self.server)
        reply = Reply(start_response, standing, request)
        try:
            step = self.server.authenticate(request)
            authentication = run(step) if isinstance(step, Generator) else step
            if authentication is None:
                self.server.nobody(request, allowed=self._anonymous)
                standing.secure = self.server.is_secure(request)
            environ[AUTHENTICATION] = authentication
            environ[STANDING] = standing
            if self._remote_user:
                _set_remote_user(environ, authentication)
            return self.app(environ, reply.start)
        except (Refusal, Unavailable) as error:
            return self._refuse(error, request, reply)

    def _pass_preflight(self, request: WsgiRequest, start_response: StartResponse) -> Iterable[bytes]:
        """Let a CORS preflight through with nothing to read and nothing to be read by (Fetch 4.9)."""
        self.server.hide(request)
        standing = Standing(self.server)
        standing.secure = self.server.is_secure(request)
        request.environ[AUTHENTICATION] = None
        request.environ[STANDING] = standing
        request.drop_body()
        reply = Reply(start_response, standing, request, with_content=False)
        try:
            content = self.app(request.environ, reply.start)
            try:
                for _ in content:
                    if reply.started:
                        break
            finally:
                getattr(content, "close", lambda: None)()
        except (Refusal, Unavailable) as error:
            return self._refuse(error, request, reply)
        return []

    def _refuse(self, error: Refusal | Unavailable, request: WsgiRequest, reply: Reply) -> Iterable[bytes]:
        if reply.started:
            logger.error("refused after the response had begun, so it was cut short: %s", error)
            return []
        return send_answer(self.server.respond(error, request.method), reply.original_start)


class Reply:
    """The start_response that the application sees: adds our challenge to a 401, privacy to query tokens."""

    started = False

    def __init__(
        self,
        original_start: StartResponse,
        standing: Standing,
        request: WsgiRequest,
        *,
        with_content: bool = True,
    ) -> None:
        self.original_start = original_start
        self._standing = standing
        self._request = request
        self._with_content = with_content

    def start(self, status: str, headers: Fields, exc_info: Any = None) -> Callable[[bytes], object]:
        self.started = True
        if status.startswith("401") or self._request.query_taken or not self._with_content:
            headers = self._amend(int(status[:3]), list(headers))
        write = self.original_start(status, headers, exc_info) if exc_info else self.original_start(status, headers)
        return write if self._with_content else lambda _: None  # type: ignore[no-any-return]

    def _amend(self, status: int, headers: Fields) -> Fields:
        if status == 401:
            theirs = [value for name, value in headers if name.lower() == "www-authenticate"]
            ours = self._standing.server.challenges_beside(theirs)
            headers += [("WWW-Authenticate", challenge) for challenge in ours]
        elif self._request.query_taken and 200 <= status < 300:
            headers = private_fields(headers)
        return headers if self._with_content else without_content(headers, status)


def send_answer(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Send an answer of ours as a WSGI response."""
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers))
    return [answer.body]


def _path(environ: Environ) -> str:
    """The decoded path that the application routes on, without SCRIPT_NAME (PEP 3333, PEP 3333 latin-1)."""
    path: str = environ.get("PATH_INFO", "")
    return path.encode("latin-1").decode("utf-8", "replace")


def _set_remote_user(environ: Environ, authentication: Authentication | None) -> None:
    environ.pop("REMOTE_USER", None)
    if authentication is not None and not authentication.access_token.is_application:
        environ["REMOTE_USER"] = authentication.subject
