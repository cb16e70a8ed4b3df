"""Guard an ASGI application: http and websocket, whatever framework is inside."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence

from bearerguard.adapters import AUTHENTICATION, STANDING, Standing, check_arguments, is_preflight
from bearerguard.adapters._asgi_reply import Reply, StatusAndFields, send_refusal
from bearerguard.adapters._asgi_request import AsgiApp, AsgiRequest, Receive, Scope, Send, without_body
from bearerguard.errors import BearerGuardError, Refusal, Unavailable
from bearerguard.flow import arun
from bearerguard.public import PublicPaths, route_path
from bearerguard.server import ResourceServer
from bearerguard.token import ANONYMOUS, ANONYMOUS_USER

logger = logging.getLogger("bearerguard")


class AsgiMiddleware:
    """Let only requests with a good token through to an ASGI application.

    `anonymous=True` lets requests without a token through as well, with None attached: then routes
    decide; a token that was sent and is bad is refused all the same. `public` names paths that pass
    untouched: `("/health", "/static/*")`.

    Attaches `scope["bearerguard"]`, and `scope["user"]` and `scope["auth"]` for what frameworks read.
    Raises ConfigurationError while building.
    """

    def __init__(
        self, app: AsgiApp, server: ResourceServer, *, anonymous: bool = False, public: Sequence[str] = ()
    ) -> None:
        check_arguments("AsgiMiddleware", app, server, anonymous)
        self.app = app
        self.server = server
        self._anonymous = anonymous
        self._public = PublicPaths(public)
        self._has_public = bool(self._public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._passes_untouched(scope):
            await self.app(scope, receive, send)
            return
        request = AsgiRequest(scope, receive)
        if request.method == "OPTIONS" and is_preflight(request):
            await self._pass_preflight(request, send)
            return
        standing = Standing(self.server)
        reply = Reply(send, standing, request)
        try:
            step = self.server.authenticate(request)
            authentication = (await arun(step)) if isinstance(step, Generator) else step
            if authentication is None:
                self.server.nobody(request, allowed=self._anonymous)
                self._attach_nobody(request, standing)
            else:
                scope[AUTHENTICATION] = authentication
                scope[STANDING] = standing
                scope["user"] = authentication.user
                scope["auth"] = authentication
            await self.app(scope, request.receive, reply.send)
        except (Refusal, Unavailable) as error:
            await self._refuse(error, request, reply)

    def _passes_untouched(self, scope: Scope) -> bool:
        kind = scope["type"]
        if kind in ("http", "websocket"):
            return self._has_public and route_path(scope["path"], scope.get("root_path", "")) in self._public
        if kind == "lifespan":
            return True
        raise BearerGuardError("a connection that is none of http, websocket and lifespan is not let in")

    def _attach_nobody(self, request: AsgiRequest, standing: Standing) -> None:
        standing.secure = self.server.is_secure(request)
        request.scope[AUTHENTICATION] = None
        request.scope[STANDING] = standing
        request.scope.setdefault("user", ANONYMOUS_USER)
        request.scope.setdefault("auth", ANONYMOUS)

    async def _pass_preflight(self, request: AsgiRequest, send: Send) -> None:
        """Let a CORS preflight through with nothing to read and nothing to be read by (Fetch 4.9)."""
        self.server.hide(request)
        standing = Standing(self.server)
        self._attach_nobody(request, standing)
        reply = Reply(StatusAndFields(send).send, standing, request)
        try:
            await self.app(request.scope, without_body(request.receive), reply.send)
        except (Refusal, Unavailable) as error:
            await self._refuse(error, request, reply)

    async def _refuse(self, error: Refusal | Unavailable, request: AsgiRequest, reply: Reply) -> None:
        if reply.started:
            logger.error("refused after the response had begun, so it was cut short: %s", error)
            return
        await send_refusal(self.server, error, request, reply.original_send)
