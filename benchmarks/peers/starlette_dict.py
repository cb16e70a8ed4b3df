"""Starlette's AuthenticationMiddleware with a dict of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def guard(app: Any, tokens: Iterable[str]) -> Any:
    """Put it before an ASGI application, which gets everybody, and `scope["user"]` for who is known."""
    from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
    from starlette.middleware.authentication import AuthenticationMiddleware

    known = {token: (AuthCredentials(["tag"]), SimpleUser("alice")) for token in tokens}

    class Backend(AuthenticationBackend):
        async def authenticate(self, conn: Any) -> Any:
            scheme, _, token = conn.headers["Authorization"].partition(" ")
            return known.get(token) if scheme.lower() == "bearer" else None

    return AuthenticationMiddleware(app, backend=Backend())
