"""The MCP SDK's stack for resource servers, with a TokenVerifier over a dict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def guard(app: Any, tokens: Iterable[str], *, scopes: list[str], expires_at: int) -> Any:
    """Put it before an ASGI application, in the order in which the SDK's own server does."""
    from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
    from mcp.server.auth.provider import AccessToken, TokenVerifier
    from starlette.middleware.authentication import AuthenticationMiddleware

    known = {
        token: AccessToken(
            token=token, client_id="app", subject="alice", scopes=["tag", "rating"], expires_at=expires_at
        )
        for token in tokens
    }

    class InDict(TokenVerifier):
        async def verify_token(self, token: str) -> AccessToken | None:
            return known.get(token)

    required = RequireAuthMiddleware(app, required_scopes=scopes)
    return AuthenticationMiddleware(required, backend=BearerAuthBackend(InDict()))
