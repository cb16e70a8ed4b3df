"""Which routes of Flask applications ask for nothing, where several are mounted side by side."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.shared_data import SharedDataMiddleware

from bearerguard import ConfigurationError, WsgiMiddleware
from bearerguard.adapters.flask import requires, unprotected_routes
from bearerguard.adapters.wsgi import requires as wsgi_requires
from tests.adapters.refusals import resource_server
from tests.support import bearer, call_wsgi, wsgi_environ


def build(name: str) -> Any:
    app = Flask(name, static_folder=None)
    app.get("/asking")(requires("tag")(lambda: "welcome"))
    app.get("/open", endpoint="open")(lambda: name)
    return app


def guard(app: Any, **settings: Any) -> WsgiMiddleware:
    return WsgiMiddleware(app, resource_server(), **settings)


def opaque(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"opaque"]


def guarded_inside() -> Any:
    main = build("main")
    main.wsgi_app = guard(main.wsgi_app, public=("/open", "/api/*"))
    return DispatcherMiddleware(main, {"/api": build("sub")})


def mounted_within() -> Any:
    main = build("main")
    main.wsgi_app = DispatcherMiddleware(guard(main.wsgi_app, public=("/open",)), {"/api": build("sub")})
    return main


@pytest.mark.parametrize("make", [guarded_inside, mounted_within])
def test_an_application_beside_the_guard_is_listed(make: Any) -> None:
    """It answers strangers, and what is public for the other one is not for this."""
    assert (200, b"sub") == answer(make(), "/api/open")
    assert ["GET /api/open"] == unprotected_routes(make())


def answer(app: Any, path: str, **request: Any) -> tuple[int, bytes]:
    reply = call_wsgi(app, wsgi_environ(path=path, **request))
    return reply.status, reply.body


def test_a_guard_outside_the_dispatcher_counts_for_all_that_is_mounted() -> None:
    """Its public paths are those of the whole."""
    both = DispatcherMiddleware(build("main"), {"/api": build("sub")})
    assert ["GET /api/open", "GET /open"] == unprotected_routes(guard(both))
    assert ["GET /open"] == unprotected_routes(guard(both, public=("/api/*",)))


def test_a_guard_of_what_is_mounted_names_paths_without_the_mount() -> None:
    """As it sees them."""
    mounts = {"/api": guard(build("sub"), public=("/open",))}
    assert ["GET /open"] == unprotected_routes(DispatcherMiddleware(build("main"), mounts))
    mounts = {"/api": guard(build("sub"), public=("/api/open",))}
    assert ["GET /api/open", "GET /open"] == unprotected_routes(DispatcherMiddleware(build("main"), mounts))


def test_what_has_no_routes_to_look_at_is_one_line() -> None:
    """Unless it says what it requires, or all of it is public."""
    main = build("main")
    mounts = {"/a": opaque, "/b": guard(opaque), "/c": wsgi_requires("tag")(opaque)}
    app = guard(DispatcherMiddleware(main, mounts), public=("/open",))
    assert ["* /a/*", "* /b/*"] == unprotected_routes(app)
    app = guard(DispatcherMiddleware(main, mounts), public=("/open", "/a/*", "/b/*"))
    assert [] == unprotected_routes(app)


def test_files_that_werkzeug_shares_are_listed() -> None:
    """It serves them itself, before any guard further in."""
    app = SharedDataMiddleware(guard(build("main"), public=("/open",)), {"/files": "/tmp"})
    assert ["* /files/*"] == unprotected_routes(app)


def test_dispatchers_within_dispatchers_add_up() -> None:
    """Every mount counts, also of a dispatcher that is mounted."""
    inner = DispatcherMiddleware(build("b"), {"/c": build("c")})
    listed = unprotected_routes(DispatcherMiddleware(build("a"), {"/b": inner}))
    assert ["GET /b/c/open", "GET /b/open", "GET /open"] == listed


def test_an_application_mounted_in_itself_has_an_end() -> None:
    """Its paths have none."""
    main = build("main")
    main.wsgi_app = DispatcherMiddleware(main.wsgi_app, {"/v1": main})
    assert ["* /v1/*", "GET /open"] == unprotected_routes(main)


def test_middleware_that_is_a_plain_function_hides_no_route() -> None:
    """Whatever it does, the application's own routes are known."""
    main = build("main")
    inner = main.wsgi_app
    main.wsgi_app = lambda environ, start_response: inner(environ, start_response)
    assert (200, b"main") == answer(main, "/open", headers=bearer("tag"))
    assert ["GET /open"] == unprotected_routes(main)


def test_an_application_that_requires_scopes_as_a_whole_has_nothing_to_list() -> None:
    """The bare decorator around all of Flask."""
    main = build("main")
    main.wsgi_app = wsgi_requires("tag")(main.wsgi_app)
    assert [] == unprotected_routes(main)


@pytest.mark.parametrize("app", [None, opaque, guard(opaque), DispatcherMiddleware(opaque, {"/a": opaque})])
def test_what_is_no_flask_application_is_a_mistake(app: Any) -> None:
    """An empty list would read like a good one."""
    with pytest.raises(ConfigurationError, match="here takes a Flask application, guarded or not"):
        unprotected_routes(app)
