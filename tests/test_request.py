"""What the core sees of a request, however its server spells it."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import AccessToken
from bearerguard.adapters._asgi_request import AsgiRequest
from bearerguard.adapters._wsgi_request import WsgiRequest
from bearerguard.request import ResourceRequest
from tests.support import FORM, asgi_scope, bearer, wsgi_environ


def asgi(**request: Any) -> ResourceRequest:
    async def receive() -> Any: ...

    return AsgiRequest(asgi_scope(**request), receive)


def wsgi(**request: Any) -> ResourceRequest:
    return WsgiRequest(wsgi_environ(**request))


@pytest.mark.parametrize("make", [asgi, wsgi])
def test_the_same_request_reads_the_same(make: Any) -> None:
    """At both edges."""
    headers = [("Host", "api.example.org:8443"), FORM, ("X-A", "1"), *bearer("a")]
    request = make(method="POST", path="/x", query="a=%C3", headers=headers, peer="9.9.9.9", scheme="http")
    assert ("POST", "http", "/x", b"a=%C3") == (request.method, request.scheme, request.path, request.query)
    assert ("api.example.org:8443", "9.9.9.9") == (request.authority, request.peer)
    assert ([b"Bearer a"], b"1", None) == (
        [*request.authorization()],
        request.field("x-a"),
        request.field("x-b"),
    )
    assert b"application/x-www-form-urlencoded" == request.field("content-type")
    assert (False, None) == (request.has_forwarded_field(), request.vouched_for)


@pytest.mark.parametrize("make", [asgi, wsgi])
def test_what_is_absent_is_nothing(make: Any) -> None:
    """Never an error."""
    request = make(peer=None)
    assert ([], None, b"", None) == (
        [*request.authorization()],
        request.field("x"),
        request.query,
        request.peer,
    )
    assert {asgi: "", wsgi: "api.example.org"}[make] == request.authority


@pytest.mark.parametrize("make", [asgi, wsgi])
def test_repeated_lines_of_a_field_are_joined(make: Any) -> None:
    """RFC 9110 section 5.2."""
    request = make(headers=[("X-A", "1"), ("X-B", "2"), ("X-A", "3")])
    assert b"1,3" == request.field("x-a").replace(b", ", b",")


@pytest.mark.parametrize("make", [asgi, wsgi])
@pytest.mark.parametrize(
    "name", ["Via", "x-forwarded-for", "X-FORWARDED-PROTO", "Forwarded", "X-Original-URL"]
)
def test_a_proxys_field_is_seen(make: Any, name: str) -> None:
    """In any case."""
    assert make(headers=[(name, "x")]).has_forwarded_field()


@pytest.mark.parametrize("name", ["X-Forwarder", "Forward", "X-Via", "X-Real"])
def test_another_field_is_not_a_proxys(name: str) -> None:
    """Close, but not one."""
    assert not asgi(headers=[(name, "x")]).has_forwarded_field()


def test_nobody_vouches_unless_an_edge_says_so() -> None:
    """A request of another kind of server has no way to."""

    class Other(WsgiRequest):
        @property
        def vouched_for(self) -> AccessToken | None:
            found: AccessToken | None = ResourceRequest.vouched_for.fget(self)  # type: ignore[attr-defined]
            return found

    assert Other(wsgi_environ(**{"bearerguard.testing": AccessToken()})).vouched_for is None
