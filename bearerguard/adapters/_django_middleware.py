"""Guard a Django project from within its own list of middleware, sync and async."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from bearerguard.adapters import Standing, check_sync_ports, is_preflight
from bearerguard.adapters._django_reply import RefusalResponse, amend, status_and_fields
from bearerguard.adapters._django_request import DjangoRequest
from bearerguard.adapters._django_settings import read_settings
from bearerguard.errors import Refusal, Unavailable
from bearerguard.flow import Flow, arun, run, settle
from bearerguard.token import Authentication

SYNC_ADVICE = (
    "which this sync chain of middleware cannot wait for: give a plain def, or run Django under ASGI with no "
    "sync-only middleware below BearerGuardMiddleware"
)


class BearerGuardMiddleware:
    """Let only requests with a good token through to Django's views, as settings.BEARERGUARD says.

    Attaches `request.bearerguard`, the Authentication or None. Does not: set `request.user`, which
    only `requires` does, for the view that it guards.

    Raises ConfigurationError (an ImproperlyConfigured too) while Django starts.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        found = read_settings()
        self.get_response = get_response
        self.server = found.server
        self._anonymous = found.anonymous
        self._public = found.public
        self._standing = Standing(found.server, secure=True)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        else:
            check_sync_ports(found.server, SYNC_ADVICE)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._call_async(request)
        if request.path_info in self._public:
            return self.get_response(request)  # type: ignore[no-any-return]
        exchange = DjangoRequest(request)
        asks_first = exchange.method == "OPTIONS" and is_preflight(exchange)
        try:
            run(self._admit(exchange, asks_first))
        except (Refusal, Unavailable) as error:
            return self._refuse(error, request)
        return self._finish(exchange, asks_first, self.get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in self._public:
            return await self.get_response(request)  # type: ignore[no-any-return]
        exchange = DjangoRequest(request)
        asks_first = exchange.method == "OPTIONS" and is_preflight(exchange)
        try:
            await arun(self._admit(exchange, asks_first))
        except (Refusal, Unavailable) as error:
            return self._refuse(error, request)
        return self._finish(exchange, asks_first, await self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer a refusal that a view raises itself; Django would make a 500 of it."""
        return self._refuse(exception, request) if isinstance(exception, Refusal | Unavailable) else None

    def _admit(self, exchange: DjangoRequest, asks_first: bool) -> Flow[None]:
        if asks_first:
            self.server.hide(exchange)
            exchange.drop_body()
            self._attach_nobody(exchange)
            return
        authentication = yield from settle(self.server.authenticate(exchange), Authentication)
        if authentication is None:
            self.server.nobody(exchange, allowed=self._anonymous)
            self._attach_nobody(exchange)
        else:
            exchange.attach(authentication, self._standing)

    def _attach_nobody(self, exchange: DjangoRequest) -> None:
        exchange.attach(None, Standing(self.server, secure=self.server.is_secure(exchange)))

    def _finish(
        self, exchange: DjangoRequest, asks_first: bool, response: HttpResponseBase
    ) -> HttpResponseBase:
        response = amend(response, self.server, query_taken=exchange.query_taken)
        return status_and_fields(response) if asks_first else response

    def _refuse(self, error: Refusal | Unavailable, request: HttpRequest) -> HttpResponseBase:
        return RefusalResponse(self.server.respond(error, request.method or ""))
