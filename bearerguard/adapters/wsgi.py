"""Guard a WSGI application (PEP 3333), whatever framework is inside."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO

from bearerguard.adapters import (
    AUTHENTICATION,
    STANDING,
    WSGI_ARITY,
    Standing,
    check_arguments,
    check_sync_ports,
    is_preflight,
)
from bearerguard.adapters._wsgi_reply import StartResponse, StatusAndFields, WsgiExchange, send_answer
from bearerguard.adapters._wsgi_request import Environ
from bearerguard.adapters._wsgi_requires import authentication, requires
from bearerguard.errors import Refusal, Unavailable
from bearerguard.flow import Flow, run
from bearerguard.public import PublicPaths
from bearerguard.server import ResourceServer
from bearerguard.settings import check_switch
from bearerguard.token import Authentication

__all__ = ["WsgiApp", "WsgiMiddleware", "authentication", "requires"]

logger = logging.getLogger("bearerguard")

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
        check_arguments("WsgiMiddleware", app, server, anonymous, arity=WSGI_ARITY)
        check_sync_ports(server, "which WSGI cannot wait for: use AsgiMiddleware, or a plain def")
        self.app = app
        self.server = server
        self._authenticate = server.authenticate
        self._anonymous = anonymous
        self._public = PublicPaths(public, as_latin_1=True)
        self._standing = Standing(server, secure=True)
        self._remote_user = check_switch("remote_user", remote_user)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(self._public.beginnings) and path in self._public:
            return self.app(environ, start_response)
        exchange = WsgiExchange(environ, start_response, self.server)
        if exchange.method == "OPTIONS" and is_preflight(exchange):
            return self._pass_preflight(exchange)
        try:
            authentication = self._authenticate(exchange)
            if not isinstance(authentication, Authentication):
                authentication = self._wait(exchange, authentication)
            else:
                environ["bearerguard.standing"] = self._standing
            environ["bearerguard"] = authentication
            if self._remote_user:
                _set_remote_user(environ, authentication)
            content = self.app(environ, exchange.start)
            return content if exchange.started else self._watch(content, exchange)
        except (Refusal, Unavailable) as error:
            return self._refuse(error, exchange)

    def _wait(
        self, exchange: WsgiExchange, flow: Flow[Authentication | None] | None
    ) -> Authentication | None:
        authentication = None if flow is None else run(flow)
        if authentication is None:
            self.server.nobody(exchange, allowed=self._anonymous)
            exchange.environ[STANDING] = Standing(self.server, secure=self.server.is_secure(exchange))
        else:
            exchange.environ[STANDING] = self._standing
        return authentication

    def _pass_preflight(self, exchange: WsgiExchange) -> Iterable[bytes]:
        """Let a CORS preflight through with nothing to read and nothing to be read by (Fetch)."""
        self.server.hide(exchange)
        exchange.environ[AUTHENTICATION] = None
        exchange.environ[STANDING] = Standing(self.server, secure=self.server.is_secure(exchange))
        exchange.environ |= {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"}
        start_response = exchange.original_start
        exchange.original_start = StatusAndFields(start_response).start
        try:
            content = self.app(exchange.environ, exchange.start)
            try:
                for _ in content:
                    if exchange.started:
                        break
            finally:
                getattr(content, "close", lambda: None)()
        except (Refusal, Unavailable) as error:
            exchange.original_start = start_response
            return self._refuse(error, exchange)
        return []

    def _watch(self, content: Iterable[bytes], exchange: WsgiExchange) -> Iterator[bytes]:
        """Give the content of an application that has not begun to run yet, and may still refuse."""
        try:
            try:
                yield from content
            finally:
                getattr(content, "close", lambda: None)()
        except (Refusal, Unavailable) as error:
            yield from self._refuse(error, exchange)

    def _refuse(self, error: Refusal | Unavailable, exchange: WsgiExchange) -> Iterable[bytes]:
        answer = self.server.respond(error, exchange.method)
        if not exchange.started:
            return send_answer(answer, exchange.original_start)
        try:
            # Nothing goes out before the first content, so until then one answer can replace another.
            return send_answer(answer, exchange.original_start, sys.exc_info())
        except (Refusal, Unavailable):
            logger.error("refused after the response had begun, so it was cut short: %s", error)
            raise


def _set_remote_user(environ: Environ, authentication: Authentication | None) -> None:
    environ.pop("REMOTE_USER", None)
    if authentication is not None and not authentication.access_token.is_application:
        environ["REMOTE_USER"] = authentication.subject
