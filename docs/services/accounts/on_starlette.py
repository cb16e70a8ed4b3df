"""The service as an ASGI application, on Starlette."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from accounts.bodies import MAX_BODY_BYTES, dump, parse
from accounts.book import Book
from accounts.guard import build_guard
from accounts.holders import holder_of
from accounts.problems import Problem, allowed, problem_of_status
from bearerguard import AsgiMiddleware
from bearerguard.adapters.starlette import authentication, requires
from bearerguard.stores import TokenStore


class Account(HTTPEndpoint):
    @requires("account:read")
    async def get(self, request: Request) -> Response:
        return answer(200, book_of(request).read(holder_of(authentication(request))))

    @requires("account:write")
    async def post(self, request: Request) -> Response:
        holder = holder_of(authentication(request))
        return answer(201, book_of(request).open(holder, await content_of(request)))

    @requires("account:write")
    async def patch(self, request: Request) -> Response:
        holder = holder_of(authentication(request))
        return answer(200, book_of(request).change(holder, await content_of(request)))

    @requires("account:write")
    async def delete(self, request: Request) -> Response:
        book_of(request).close(holder_of(authentication(request)))
        return answer(204)


class WebhookSecret(HTTPEndpoint):
    @requires("account:write")
    async def post(self, request: Request) -> Response:
        return answer(201, book_of(request).rotate_webhook_secret(holder_of(authentication(request))))


def build_asgi(store: TokenStore, *, resource: str) -> AsgiMiddleware:
    """Build the service behind its guard; `resource` is its own address, such as https://localhost:8443."""
    return AsgiMiddleware(build_application(), build_guard(store, resource=resource))


def build_application() -> Starlette:
    """Build what stands behind the guard."""
    application = Starlette(
        routes=[
            Route("/v1/account", Account),
            Route("/v1/account/webhook-secret", WebhookSecret),
        ],
        exception_handlers={Problem: problem, HTTPException: failure, 500: failure},
    )
    application.router.redirect_slashes = False  # a redirect would take the token along
    application.state.book = Book()
    return application


def book_of(request: Request) -> Book:
    book: Book = request.app.state.book
    return book


async def content_of(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise problem_of_status(413)
    return parse(request.headers.get("content-type", ""), bytes(body))


def answer(status: int, content: dict[str, Any] | None = None, **fields: str) -> Response:
    body = b"" if content is None else dump(content)
    type_field = {} if content is None else {"content-type": "application/json"}
    return Response(body, status, {**type_field, "cache-control": "no-store", **fields})


async def problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - it is registered for no other
    return answer(error.status, error.content)


async def failure(request: Request, error: Exception) -> Response:
    """Answer what Starlette refuses by itself, and what nobody foresaw."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    known = getattr(error, "headers", None) or {}
    fields = {"allow": allowed(set(known["Allow"].split(", ")))} if "Allow" in known else {}
    return answer(status, problem_of_status(status).content, **fields)
