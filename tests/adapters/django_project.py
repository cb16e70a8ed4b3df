"""Django projects made on the spot, guarded in each of the four ways, and driven in process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from types import ModuleType
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test.utils import override_settings

from bearerguard import AsgiMiddleware, ResourceServer, WsgiMiddleware
from tests.support import Reply, asgi_scope, call_wsgi, pieces, reply_of, wsgi_environ

GUARD = "bearerguard.adapters.django.BearerGuardMiddleware"
KINDS = ["django under wsgi", "django under asgi", "wsgi around django", "asgi around django"]
OWN_KINDS = KINDS[:2]

if not settings.configured:
    apps = ["django.contrib.contenttypes", "django.contrib.auth"]
    settings.configure(SECRET_KEY="for tests only", LOGGING_CONFIG=None, USE_TZ=True, INSTALLED_APPS=apps)
    django.setup()


def urlconf(patterns: Iterable[Any]) -> ModuleType:
    """A URLconf without a file."""
    module = ModuleType("urls_of_a_test")
    module.urlpatterns = [*patterns]  # type: ignore[attr-defined]
    return module


@dataclass
class Project:
    """A project behind a guard; `before` and `behind` are middleware on either side of Django's own kind."""

    kind: str
    server: ResourceServer
    patterns: Sequence[Any]
    options: dict[str, Any] = field(default_factory=dict)
    before: Sequence[str] = ()
    behind: Sequence[str] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator[Any]:
        """Give the application, while the settings are the project's."""
        own = [GUARD] if self.kind in OWN_KINDS else []
        with override_settings(
            ROOT_URLCONF=urlconf(self.patterns),
            MIDDLEWARE=[*self.before, *own, *self.behind],
            BEARERGUARD={"server": self.server, **self.options},
            ALLOWED_HOSTS=["*"],
            **self.settings,
        ):
            yield self._build()

    def _build(self) -> Any:
        handler = ASGIHandler() if "asgi" in self.kind else WSGIHandler()
        if self.kind == "wsgi around django":
            return WsgiMiddleware(handler, self.server, **self.options)
        return AsgiMiddleware(handler, self.server, **self.options) if "around" in self.kind else handler

    def answer(self, *, body: bytes | Sequence[bytes] = b"", announced: bool = True, **request: Any) -> Reply:
        """Send one request; its Content-Length is added to a body unless it is not to be `announced`."""
        content = body if isinstance(body, bytes) else b"".join(body)
        headers = [*request.pop("headers", ()), ("Host", "api.example.org")]
        if content and announced and "content-length" not in {name.lower() for name, _ in headers}:
            headers.append(("Content-Length", str(len(content))))
        request["headers"] = headers
        with self.running() as app:
            if "asgi" in self.kind:
                scope = asgi_scope(**request)
                return asyncio.run(answer_asgi(app, scope, body))
            environ = {**wsgi_environ(**request), "wsgi.input": BytesIO(content), "SERVER_PORT": "443"}
            return call_wsgi(app, environ)


async def answer_asgi(app: Any, scope: dict[str, Any], body: bytes | Sequence[bytes] = b"") -> Reply:
    """Call an ASGI application; the client stays to the end, since Django drops a request it has left."""
    waiting = iter(pieces(body))
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        for message in waiting:
            return message
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await app(scope, receive, send)
    return reply_of(sent)


def sync_only(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """A middleware of the old kind, which makes Django call everything below it without await."""
    return lambda request: get_response(request)
