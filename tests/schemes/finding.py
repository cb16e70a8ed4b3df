"""One token in each of three places, and what a request with it is answered."""

from __future__ import annotations

from typing import Any

from bearerguard import Bearer
from tests.support import FORM, App, AsgiEdge, WsgiEdge, bearer, server

Edge = AsgiEdge | WsgiEdge

IN_HEADER: dict[str, Any] = {"headers": bearer("good")}
IN_QUERY: dict[str, Any] = {"query": "access_token=good"}
IN_FORM: dict[str, Any] = {"method": "POST", "headers": [FORM], "body": b"access_token=good"}


def brief(edge: Edge, *, scheme: Bearer | None = None, **request: Any) -> tuple[int, str | None]:
    """Status and challenge of a request."""
    schemes = [scheme or Bearer(form=True, query=True)]
    return edge.answer(edge.guard(App(), server(schemes=schemes)), **request).brief
