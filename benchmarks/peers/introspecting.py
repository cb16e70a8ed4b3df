"""Peers that ask an introspection endpoint about a token, each set up as its documentation says.

FastMCP's IntrospectionTokenVerifier with its cache on and a client to reuse; Authlib's
IntrospectTokenValidator, of which the documentation has the one method written by hand, here with a
pooled client; django-oauth-toolkit with RESOURCE_SERVER_INTROSPECTION_URL, which keeps what it was told
in its database. No pool is bounded, so that none of them waits for a connection.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bearerguard import ResourceServer, StoredTokens
from bearerguard.stores.memory import MemoryTokenStore
from benchmarks.incoming import PATH
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_shared import CLIENT_ID, CLIENT_SECRET, RESOURCE
from benchmarks.peers import fastmcp_introspection

FASTMCP = "FastMCP, IntrospectionTokenVerifier"
AUTHLIB = "Authlib, IntrospectTokenValidator"
TOOLKIT = "toolkit on SQLite, protected_resource"

TTL_SECONDS = 3600
TIMEOUT_SECONDS = 10.0  # FastMCP's own default
KEEPALIVE_SECONDS = 30.0  # as long as our own client keeps a connection

App = Any
Close = Callable[[], Awaitable[None]]


def fastmcp_app(app: App, endpoint: Endpoint) -> tuple[App, Close]:
    """Put FastMCP's guard before an ASGI application; and how its client is closed."""
    import httpx2
    from fastmcp.server.auth.providers.introspection import IntrospectionTokenVerifier

    client = httpx2.AsyncClient(
        verify=endpoint.ssl_context,
        trust_env=False,
        timeout=TIMEOUT_SECONDS,
        limits=httpx2.Limits(max_connections=None, keepalive_expiry=KEEPALIVE_SECONDS),
    )
    verifier = IntrospectionTokenVerifier(
        introspection_url=endpoint.url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        cache_ttl_seconds=TTL_SECONDS,
        http_client=client,
    )
    return fastmcp_introspection.guard(app, verifier, scopes=[]), client.aclose


def authlib_app(endpoint: Endpoint, stack: ExitStack) -> App:
    """A Flask view behind Authlib's protector, whose validator asks with httpx."""
    import httpx
    from authlib.integrations.flask_oauth2 import ResourceProtector
    from authlib.oauth2.rfc7662 import IntrospectTokenValidator
    from flask import Flask

    client = stack.enter_context(
        httpx.Client(
            verify=endpoint.ssl_context,
            trust_env=False,
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_connections=None, keepalive_expiry=KEEPALIVE_SECONDS),
            auth=(CLIENT_ID, CLIENT_SECRET),
        )
    )

    class Asking(IntrospectTokenValidator):
        def introspect_token(self, token_string: str) -> Any:
            return client.post(endpoint.url, data={"token": token_string}).raise_for_status().json()

    require_oauth = ResourceProtector()
    require_oauth.register_token_validator(Asking())
    app = Flask("benchmark")

    def tags() -> str:
        return "ok"

    app.add_url_rule(PATH, view_func=require_oauth()(tags))
    return app


def toolkit_app(endpoint: Endpoint, folder: Path) -> App:
    """The view of `django_urls` that asks for a scope, at /toolkit; one for the whole process."""
    from benchmarks.peers import django_toolkit

    os.environ["REQUESTS_CA_BUNDLE"] = str(endpoint.ca_file)  # which requests reads for each call
    server = ResourceServer(resource=RESOURCE, realm="example", verifier=StoredTokens(MemoryTokenStore()))
    django_toolkit.set_up(folder, server)

    from django.conf import settings
    from oauth2_provider.settings import oauth2_settings

    settings.OAUTH2_PROVIDER = {
        **settings.OAUTH2_PROVIDER,
        "RESOURCE_SERVER_INTROSPECTION_URL": endpoint.url,
        "RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": (CLIENT_ID, CLIENT_SECRET),
    }
    oauth2_settings.reload()
    return django_toolkit.application()
