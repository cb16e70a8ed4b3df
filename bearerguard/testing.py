"""Test an application behind the guard without TLS, a store or real tokens.

    client = TestClient(authenticated(app, subject="alice", scopes=["tag"]))

The request goes through the real guard: scopes, audience, expiry and `load_user` count as they do in
production; only the question whether the token is good is answered here. Nothing in a configuration,
an environment or a request can switch that on: it takes an object put there by a call in the process.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bearerguard.adapters import VOUCHED_FOR
from bearerguard.adapters._views import MARK
from bearerguard.adapters._wrapped import find_applications, inside, is_flasks_own
from bearerguard.errors import ConfigurationError
from bearerguard.flow import is_async
from bearerguard.token import AccessToken

if TYPE_CHECKING:
    from bearerguard.devserver import DevServer

App = TypeVar("App")

FRAMEWORKS = ("fastapi", "starlette", "flask", "django")  # a FastAPI application is a Starlette one too
SECURE_SCHEMES = {"http": "https", "websocket": "wss"}
ASGI_ARGUMENTS, WSGI_ARGUMENTS = 3, 2


def authenticated(
    app: App,
    *,
    subject: str | None = "alice",
    client_id: str | None = "test-client",
    scopes: Iterable[str] = (),
    claims: Mapping[str, Any] | None = None,
    issuer: str | None = None,
    audience: str | Iterable[str] = (),
    expires_at: float | None = None,
) -> App:
    """Wrap an application so that every request comes over https, with a good token of these facts.

    Takes an ASGI or WSGI application, guarded already, or a test client of Django's; the wrapper has
    the attributes of what it wraps. `subject=None` is an application without a user. An Authorization
    field that a request has is replaced.

    Raises ConfigurationError for what is neither kind of application, ValueError for facts that cannot
    be. Does not: add a guard where there is none.
    """
    if isinstance(scopes, str):
        raise ValueError('scopes must be several names: ["tag", "rating"], not "tag rating"')
    facts = AccessToken(
        subject=subject,
        client_id=client_id,
        scopes=frozenset(scopes),
        claims=claims or {},
        issuer=issuer,
        audience=(audience,) if isinstance(audience, str) else tuple(audience),
        expires_at=expires_at,
        verifier="bearerguard.testing",
    )
    return _wrap(app, _Disguise(facts))


def https(app: App) -> App:
    """Wrap an application so that every request comes over https: for tests of what is refused there."""
    return _wrap(app, _Disguise(None))


def devserver(*, now: Callable[[], float] = time.time, **settings: Any) -> AbstractContextManager[DevServer]:
    """Run a development authorization server, with the user alice, until the block ends: `with ... as dev`.

    `settings` are those of `bearerguard.devserver.Settings`; without any it has MusicBrainz' seven scopes.
    Raises ConfigurationError, for a setting that cannot be and where the extra is missing.
    """
    try:
        from bearerguard.devserver import Settings
        from bearerguard.devserver.trial import trial
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "the development server needs more packages: pip install 'bearerguard[devserver]'"
        ) from error
    return trial(Settings(**settings), now=now)


def unprotected_routes(app: object) -> list[str]:
    """List the routes that do not say what they require: see the function of the framework's adapter.

    The framework is the one that the application, or one that its middleware wraps, is built with.
    For Django it is the project's ROOT_URLCONF. An application of no framework is one line, "* /*".
    """
    applications = [
        found.owner or (inside(found.app) if is_flasks_own(found.app) else found.app)
        for found in find_applications(app)
    ]
    name = next((found for found in map(_framework_of, applications) if found), "asgi")
    adapter = importlib.import_module(f"bearerguard.adapters.{name}")
    return cast("list[str]", adapter.unprotected_routes(app))


@dataclass(frozen=True, slots=True)
class _Disguise:
    """What requests are made to look like: secure, and with facts that somebody vouches for, or without."""

    facts: AccessToken | None

    def of_scope(self, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        if scope["type"] not in SECURE_SCHEMES:
            return scope
        changed = {**scope, "scheme": SECURE_SCHEMES[scope["type"]]}
        if (server := scope.get("server")) and str(server[1]) == "80":
            changed["server"] = (server[0], type(server[1])(443))
        if self.facts is not None:
            others = [field for field in scope["headers"] if field[0] != b"authorization"]
            changed["headers"] = [*others, (b"authorization", _random_credentials().encode("ascii"))]
            changed[VOUCHED_FOR] = self.facts
        return changed

    def of_environ(self, environ: Mapping[str, Any]) -> dict[str, Any]:
        changed = {**environ, "wsgi.url_scheme": "https"}
        if environ.get("SERVER_PORT") == "80":
            changed["SERVER_PORT"] = "443"
        if self.facts is not None:
            changed["HTTP_AUTHORIZATION"] = _random_credentials()
            changed[VOUCHED_FOR] = self.facts
        return changed


class _Wrapper:
    """Stands before an application and has its attributes, or those of one further in."""

    def __init__(self, app: Any, disguise: _Disguise) -> None:
        self.app = app
        self._disguise = disguise

    def __getattr__(self, name: str) -> Any:
        if name == MARK:
            raise AttributeError(name)  # one further in says it of itself, not of all that is wrapped
        for app in _inwards(self.__dict__.get("app")):
            if hasattr(app, name):
                return getattr(app, name)
        raise AttributeError(name)


class _AsgiWrapper(_Wrapper):
    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        await self.app(self._disguise.of_scope(scope), receive, send)


class _WsgiWrapper(_Wrapper):
    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        return cast("Iterable[bytes]", self.app(self._disguise.of_environ(environ), start_response))

    def test_client(self, *arguments: Any, **named: Any) -> Any:
        """Give Flask's test client, which asks this wrapper in place of the application."""
        client = self.__getattr__("test_client")(*arguments, **named)
        client.application = self
        return client


class _HandlerWrapper(_Wrapper):
    """Stands before the handler of Django's test clients, which takes an environ or a scope alone."""

    def __call__(self, request: Mapping[str, Any]) -> Awaitable[Any] | Any:
        look = self._disguise.of_environ if "wsgi.url_scheme" in request else self._disguise.of_scope
        return self.app(look(request))


def _wrap(app: App, disguise: _Disguise) -> App:
    if _framework_of(app) == "django" and hasattr(app, "handler"):
        client = copy.copy(app)
        client.handler = _HandlerWrapper(app.handler, disguise)
        return client
    return cast("App", _kind_of(app)(app, disguise))


def _kind_of(app: Any) -> type[_Wrapper]:
    if callable(app) and not inspect.isclass(app):
        required = [
            parameter
            for parameter in inspect.signature(app).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        if is_async(app) or len(required) == ASGI_ARGUMENTS:
            return _AsgiWrapper
        if len(required) == WSGI_ARGUMENTS:
            return _WsgiWrapper
    raise ConfigurationError(
        "this is neither an ASGI application, app(scope, receive, send), nor a WSGI application, "
        f"app(environ, start_response): {type(app).__name__}"
    )


def _framework_of(app: object) -> str | None:
    roots = {base.__module__.partition(".")[0] for base in type(app).__mro__}
    return next((name for name in FRAMEWORKS if name in roots), None)


def _inwards(app: object) -> Iterable[object]:
    """Give an application and, one by one, those that it wraps."""
    while app is not None:
        yield app
        app = inside(app)


def _random_credentials() -> str:
    # Of no form that a verifier could take for its own: not ours (bg_), not a JWT (two dots).
    return f"Bearer test~{secrets.token_hex(16)}"
