"""Guard an ASGI application: http and websocket, whatever framework is inside."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bearerguard.adapters import ASGI_ARITY, AUTHENTICATION, STANDING, Standing, check_arguments, is_preflight
from bearerguard.adapters._asgi_reply import AsgiExchange, StatusAndFields, send_answer
from bearerguard.adapters._asgi_request import AsgiApp, Message, Receive, Scope, Send, without_body
from bearerguard.adapters._asgi_requires import authentication, requires, unprotected_routes
from bearerguard.errors import BearerGuardError, Refusal, Unavailable
from bearerguard.flow import Flow, arun
from bearerguard.public import PublicPaths, route_path
from bearerguard.server import ResourceServer
from bearerguard.token import ANONYMOUS, ANONYMOUS_USER, Authentication

__all__ = ["AsgiMiddleware", "authentication", "requires", "unprotected_routes"]

logger = logging.getLogger("bearerguard")

# Whoever starts servers waits for longer, and an authorization server that is well answers in far less.
WARM_UP_SECONDS = 5.0

GUARDED = frozenset({"http", "websocket"})
STARTED = "lifespan.startup.complete"
SHUT_DOWN = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})


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
        import anyio.to_thread  # noqa: F401 - now rather than in the first request, and not with the package

        check_arguments("AsgiMiddleware", app, server, anonymous, arity=ASGI_ARITY)
        self.app = app
        self.server = server
        self._authenticate = server.authenticate
        self._anonymous = anonymous
        self._public = PublicPaths(public)
        self._standing = Standing(server, secure=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in GUARDED:
            await self._pass_unguarded(scope, receive, send)
            return
        path = scope["path"]
        if root_path := scope.get("root_path"):
            path = route_path(path, root_path)
        if path.startswith(self._public.beginnings) and path in self._public:
            await self.app(scope, receive, send)
            return
        exchange = AsgiExchange(scope, receive, send, self.server)
        if exchange.method == "OPTIONS" and is_preflight(exchange):
            await self._pass_preflight(exchange)
            return
        try:
            authentication = self._authenticate(exchange)
            if not isinstance(authentication, Authentication):
                authentication = await self._wait(exchange, authentication)
            if authentication is not None:
                scope["bearerguard"] = scope["auth"] = authentication
                scope["user"] = authentication.user
                scope[STANDING] = self._standing
            await self.app(scope, exchange.receive, exchange.send)
        except (Refusal, Unavailable) as error:
            await self._refuse(error, exchange)

    async def _wait(
        self, exchange: AsgiExchange, flow: Flow[Authentication | None] | None
    ) -> Authentication | None:
        authentication = None if flow is None else await arun(flow)
        if authentication is None:
            self.server.nobody(exchange, allowed=self._anonymous)
            self._attach_nobody(exchange)
        return authentication

    async def _pass_unguarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            raise BearerGuardError("a connection that is none of http, websocket and lifespan is not let in")
        from anyio.lowlevel import current_token

        current_token()  # loads what the first look-up would otherwise wait for

        async def live_and_send(message: Message) -> None:
            if message["type"] == STARTED:  # before the server hears of it, and lets requests in
                await self._warm_up()
            try:
                if message["type"] in SHUT_DOWN:  # before the server hears of it, and stops the loop
                    await self.server.aclose()
            finally:
                await send(message)

        await self.app(scope, receive, live_and_send)

    async def _warm_up(self) -> None:
        from anyio import move_on_after

        with move_on_after(WARM_UP_SECONDS) as limit:
            await self.server.awarm_up()
        if limit.cancelled_caught:
            logger.warning(
                "what the first request will need was not fetched within %g seconds", WARM_UP_SECONDS
            )

    def _attach_nobody(self, exchange: AsgiExchange) -> None:
        exchange.scope[AUTHENTICATION] = None
        exchange.scope[STANDING] = Standing(self.server, secure=self.server.is_secure(exchange))
        exchange.scope.setdefault("user", ANONYMOUS_USER)
        exchange.scope.setdefault("auth", ANONYMOUS)

    async def _pass_preflight(self, exchange: AsgiExchange) -> None:
        """Let a CORS preflight through with nothing to read and nothing to be read by (Fetch)."""
        self.server.hide(exchange)
        self._attach_nobody(exchange)
        exchange.original_send = StatusAndFields(exchange.original_send).send
        try:
            await self.app(exchange.scope, without_body(exchange.receive), exchange.send)
        except (Refusal, Unavailable) as error:
            await self._refuse(error, exchange)

    async def _refuse(self, error: Refusal | Unavailable, exchange: AsgiExchange) -> None:
        if exchange.started:
            logger.error("refused after the response had begun, so it was cut short: %s", error)
            return
        answer = self.server.respond(error, exchange.method)
        await send_answer(answer, exchange.scope, exchange.original_send)
