"""Lines of the middleware that are no functions of their own, as they stand there, and how it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class PassingAsgi:
    """The least ASGI middleware: it does nothing, and costs a call."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class PassingWsgi:
    """The least WSGI middleware."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


ASGI_GATE = """\
if scope["type"] not in GUARDED:
    pass
path = scope["path"]
if root_path := scope.get("root_path"):
    pass
if path.startswith(self._public.beginnings) and path in self._public:
    pass
if exchange.method == "OPTIONS" and is_preflight(exchange):
    pass
"""
ASGI_ATTACH = """\
if authentication is None or not isinstance(authentication, Authentication):
    pass
if authentication is not None:
    scope["bearerguard"] = scope["auth"] = authentication
    scope["user"] = authentication.user
    scope[STANDING] = self._standing
"""
WSGI_GATE = """\
path = environ.get("PATH_INFO", "")
if path.startswith(self._public.beginnings) and path in self._public:
    pass
if exchange.method == "OPTIONS" and is_preflight(exchange):
    pass
"""
WSGI_ATTACH = """\
if authentication is None or not isinstance(authentication, Authentication):
    pass
else:
    environ["bearerguard.standing"] = self._standing
environ["bearerguard"] = authentication
if self._remote_user:
    pass
"""
# Nothing in it has to be waited for, so the first step of the coroutine is its last.
DRIVE = """\
try:
    {app}(dict(base), receive, send).send(None)
except StopIteration:
    pass
"""
CALL = "{app}(dict(base), start_response)"


def copied(lines: str, function: Callable[..., Any]) -> str:
    """Give the lines back. Raises RuntimeError unless the function has each of them."""
    source = {line.strip() for line in inspect.getsource(function).splitlines()}
    for line in lines.splitlines():
        if line.strip() not in source | {"pass"}:
            raise RuntimeError(f"{function.__qualname__} has no line like this any more: {line}")
    return lines
