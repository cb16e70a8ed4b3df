"""Mistakes in how the guard is built are found at start, and the cure is named."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import Bearer, ConfigurationError, FromFunction, ResourceServer
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import App, AsgiEdge, AsyncStore, WsgiEdge, local, server

Edge = AsgiEdge | WsgiEdge

NO_URL = 'resource= must be a URL, such as "https://api.example.org"'
NO_HTTPS = (
    'resource= must be an https URL without a fragment, such as "https://api.example.org"; '
    "other names that tokens use for this API go into audiences="
)
NO_REALM = "realm= must be a short ASCII text without quotes or backslashes"
NO_AUDIENCES = 'audiences= must be a list of at least one string, such as ["my-api"]'
NO_SCHEMES = "schemes= must be a list of at least one scheme, such as [Bearer()]"
NO_SCHEME = "schemes= must hold schemes, such as Bearer(form=True), called and not named"
TOO_MUCH_LEEWAY = (
    "must not be more than 300 seconds, which is for clocks that differ; "
    "for tokens that live longer, have their issuer give them a later expiry"
)
NO_LISTENER = "on_decision= must be a plain function that takes a Decision"


async def later(anything: Any) -> None: ...


class Later:
    async def __call__(self, anything: Any) -> None: ...


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        *[({"resource": one}, NO_URL) for one in (None, 5, b"https://api.example.org")],
        *[
            ({"resource": one}, NO_HTTPS)
            for one in (
                "",
                "api.example.org",
                "http://api.example.org",
                "http://localhost.example.org",
                "https://",
                "https:///path",
                "https://api.example.org#x",
                "https://api.example.org#",
                "ftp://api.example.org",
                "urn:api",
            )
        ],
        ({"resource": "https://[::1"}, "resource= is not a URL"),
        *[({"realm": one}, NO_REALM) for one in ("", 'a"b', "a\\b", "a\nb", "é", None, b"api")],
        *[({"audiences": one}, NO_AUDIENCES) for one in ([], "my-api", [""], [5], 5, [None])],
        *[({"schemes": one}, NO_SCHEMES) for one in ([], (), None, Bearer(), {Bearer()})],
        *[({"schemes": one}, NO_SCHEME) for one in ([Bearer], ["Bearer"], "Bearer")],
        ({"schemes": [Bearer(), Bearer(form=True)]}, "schemes= must hold each scheme once"),
        *[
            ({name: one}, f"{name}= must be a finite number of seconds, 0 or more")
            for name in ("expiry_leeway_seconds", "not_before_leeway_seconds")
            for one in (-1, float("inf"), float("nan"), "5", None, True)
        ],
        *[
            ({name: one}, f"{name}= {TOO_MUCH_LEEWAY}")
            for name in ("expiry_leeway_seconds", "not_before_leeway_seconds")
            for one in (300.001, 301, 86_400)
        ],
        *[({"loopback_http": one}, "loopback_http= must be True or False") for one in ("no", 1, None)],
        *[
            ({"load_user": one}, "load_user= must be a function that takes an AccessToken")
            for one in ("user", lambda: None, lambda a, b: None)
        ],
        *[
            ({"now": one}, "now= must be a function without arguments that gives Unix seconds")
            for one in (0, None, lambda at: at)
        ],
        ({"render_refusal": lambda: None}, "render_refusal= must be a function that takes a refusal"),
        ({"render_refusal": {}}, "render_refusal= must be a function that takes a refusal"),
        *[({"on_decision": one}, NO_LISTENER) for one in ("log", later, Later(), lambda: None)],
    ],
)
def test_a_mistake_is_named(wrong: dict[str, Any], text: str) -> None:
    """Raised while building, never per request."""
    with pytest.raises(ConfigurationError) as caught:
        server(**wrong)
    assert text == str(caught.value)


@pytest.mark.parametrize("render", [later, Later()])
def test_a_body_cannot_be_shaped_by_an_async_function(render: Any) -> None:
    """Nobody would wait for it."""
    with pytest.raises(
        ConfigurationError, match=r"^render_refusal= must be a plain function that takes a refusal$"
    ):
        server(render_refusal=render)


@pytest.mark.parametrize("verifier", [lambda token: None, MemoryTokenStore(), FromFunction, "stored"])
def test_a_verifier_is_a_verifier(verifier: Any) -> None:
    """The text says how one is made."""
    with pytest.raises(ConfigurationError) as caught:
        server(verifier)
    expected = (
        "verifier= must be a verifier, such as StoredTokens(store) or FromFunction(function), "
        f"not {type(verifier).__name__}"
    )
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    "resource",
    [
        "https://api.example.org",
        "https://api.example.org/v2?x=1",
        "http://localhost:8000",
        "http://127.0.0.1",
        "http://[::1]:1/",
    ],
)
def test_a_resource_is_an_https_url(resource: str) -> None:
    """RFC 9728 section 1.2; on the same machine, http for development."""
    assert resource == server(resource=resource).resource


def test_every_argument_is_named() -> None:
    """Nothing is taken for something else by its place."""
    with pytest.raises(TypeError):
        ResourceServer("https://api.example.org", "api", None)  # type: ignore[misc]


@pytest.mark.parametrize("app", [None, "app", 5])
def test_a_middleware_needs_an_application(edge: Edge, app: Any) -> None:
    """First."""
    with pytest.raises(ConfigurationError) as caught:
        edge.middleware(app, server())
    assert f"{edge.middleware.__name__} needs an application as its first argument" == str(caught.value)


@pytest.mark.parametrize("wrong", [None, FromFunction(later), ResourceServer])
def test_a_middleware_needs_a_resource_server(edge: Edge, wrong: Any) -> None:
    """Second."""
    with pytest.raises(ConfigurationError) as caught:
        edge.guard(App(), wrong)
    found = type(wrong).__name__
    text = f"{edge.middleware.__name__} needs a ResourceServer as its second argument, not {found}"
    assert text == str(caught.value)


@pytest.mark.parametrize("anonymous", ["no", 0, None])
def test_anonymous_is_a_switch(edge: Edge, anonymous: Any) -> None:
    """ "no" would be true."""
    with pytest.raises(ConfigurationError) as caught:
        edge.guard(App(), server(), anonymous=anonymous)
    assert f"{edge.middleware.__name__}(anonymous=...) must be True or False" == str(caught.value)


def test_public_is_checked_at_start(edge: Edge) -> None:
    """At both edges."""
    with pytest.raises(ConfigurationError, match=r"^public= must be a tuple of paths"):
        edge.guard(App(), server(), public="/health")


@pytest.mark.parametrize("remote_user", ["no", 1, None])
def test_remote_user_is_a_switch(remote_user: Any) -> None:
    """Under WSGI."""
    with pytest.raises(ConfigurationError, match=r"^remote_user= must be True or False$"):
        WsgiEdge().guard(App(), server(), remote_user=remote_user)


@pytest.mark.parametrize("settings", ["store", "function", "load_user", "plain_http"])
def test_an_async_port_is_refused_under_wsgi_at_construction(settings: str) -> None:
    """A coroutine nobody awaited is truthy: it would let the request pass."""
    from bearerguard import Cached, FirstMatch, RevokeIn, StoredTokens

    store = AsyncStore()
    made = {
        "store": lambda: local(store, cached=True),
        "function": lambda: server(
            FirstMatch([StoredTokens(MemoryTokenStore()), Cached(FromFunction(later))])
        ),
        "load_user": lambda: server(load_user=later),
        "plain_http": lambda: server(plain_http=RevokeIn(store)),
    }[settings]()
    AsgiEdge().guard(App(), made)
    with pytest.raises(ConfigurationError) as caught:
        WsgiEdge().guard(App(), made)
    assert str(caught.value).endswith(
        "is async, which WSGI cannot wait for: use AsgiMiddleware, or a plain def"
    )
