"""FastMCP's IntrospectionTokenVerifier with its cache on, filled once from an endpoint that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

TTL_SECONDS = 3600


def new_verifier(tokens: Sequence[str], *, expires_at: int) -> Any:
    """Make a verifier that knows these tokens.

    The endpoint answers while the cache is filled and never again, so that a miss would be a 401.
    """
    import httpx2
    from fastmcp.server.auth.providers.introspection import IntrospectionTokenVerifier

    facts = {"active": True, "sub": "alice", "client_id": "app", "scope": "tag rating", "exp": expires_at}
    answers = [httpx2.Response(200, json=facts) for _ in tokens]
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: answers.pop()))
    verifier = IntrospectionTokenVerifier(
        introspection_url="https://as.example.org/introspect",
        client_id="api",
        client_secret="benchmark",
        cache_ttl_seconds=TTL_SECONDS,
        http_client=client,
    )
    asyncio.run(_fill(verifier, client, tokens))
    return verifier


def guard(app: Any, verifier: Any, *, scopes: list[str]) -> Any:
    """Put it before an ASGI application, in the order in which FastMCP's own server does."""
    from fastmcp.server.auth.middleware import RequireAuthMiddleware

    guarded: Any = RequireAuthMiddleware(app, scopes)
    for middleware in reversed(verifier.get_middleware()):
        guarded = middleware.cls(guarded, *middleware.args, **middleware.kwargs)
    return guarded


async def _fill(verifier: Any, client: Any, tokens: Sequence[str]) -> None:
    async with client:
        for token in tokens:
            assert await verifier.verify_token(token) is not None
