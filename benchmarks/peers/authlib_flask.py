"""Authlib's ResourceProtector on Flask, with a BearerTokenValidator over a dict.

The same view without protection, and as our decorator asks for a scope there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask

from bearerguard.adapters.flask import requires
from benchmarks.incoming import PATH


@dataclass(frozen=True, slots=True)
class Token:
    """A token as Authlib asks about it."""

    scope: str
    expires_at: float
    revoked_at: float | None = None

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() >= self.expires_at

    def is_revoked(self) -> bool:
        return self.revoked_at is not None


def bare_app() -> Flask:
    return _app(lambda view: view)


def scoped_app() -> Flask:
    """The view as it asks for a scope by our decorator, behind our middleware."""
    return _app(requires("tag"))


def peer_app(tokens: Iterable[str], *, expires_at: float) -> Flask:
    from authlib.integrations.flask_oauth2 import ResourceProtector
    from authlib.oauth2.rfc6750 import BearerTokenValidator

    known = {token: Token("tag rating", expires_at) for token in tokens}

    class InDict(BearerTokenValidator):
        def authenticate_token(self, token_string: str) -> Token | None:
            return known.get(token_string)

    require_oauth = ResourceProtector()
    require_oauth.register_token_validator(InDict())
    return _app(require_oauth("tag"))


def _app(protect: Callable[[Any], Any]) -> Flask:
    app = Flask("benchmark")

    def tags() -> str:
        return "ok"

    app.add_url_rule(PATH, view_func=protect(tags))
    return app
