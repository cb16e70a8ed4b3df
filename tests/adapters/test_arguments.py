"""A middleware around the wrong kind of application is a mistake, found at start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from werkzeug.wrappers import Request, Response

from bearerguard import AsgiMiddleware, ConfigurationError, WsgiMiddleware
from tests.support import server

WSGI_INSTEAD = "AsgiMiddleware cannot call this application: if it is a WSGI one, use WsgiMiddleware"
ASGI_INSTEAD = "WsgiMiddleware cannot call this application: if it is an ASGI one, use AsgiMiddleware"


@pytest.mark.parametrize(
    ("middleware", "app", "text"),
    [
        (AsgiMiddleware, Flask("flask"), WSGI_INSTEAD),
        (AsgiMiddleware, lambda environ, start_response: [], WSGI_INSTEAD),
        (WsgiMiddleware, FastAPI(), ASGI_INSTEAD),
        (WsgiMiddleware, Starlette(), ASGI_INSTEAD),
        (AsgiMiddleware, "module:app", "AsgiMiddleware needs an application as its first argument"),
    ],
)
def test_the_other_kind_of_application_is_refused(
    middleware: Callable[..., Any], app: Any, text: str
) -> None:
    """Otherwise it would look guarded until the first good token, and then be a 500."""
    with pytest.raises(ConfigurationError) as caught:
        middleware(app, server())
    assert text == str(caught.value)


def test_a_wrapper_is_called_by_its_own_signature() -> None:
    """werkzeug's Request.application is a WSGI application around a function of one argument."""

    @Request.application
    def view(request: Request) -> Response:
        return Response("ok")

    assert view is WsgiMiddleware(view, server()).app
