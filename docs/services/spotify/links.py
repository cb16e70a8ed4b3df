"""Addresses of things, and pages of lists: what makes an object of this API one that clients can follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from spotify.calls import Call

DEFAULT_LIMIT = 20
MAX_LIMIT = 50  # what the documentation of the real API names
MAX_OFFSET = 100_000  # the same


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that begin with the service's own; never with what a Host field says."""

    resource: str

    def to(self, path: str) -> str:
        return f"{self.resource}/v1{path}"

    def of(self, kind: str, identifier: str) -> dict[str, Any]:
        """Give the members that every object has."""
        href = self.to(f"/{kind}s/{quote(identifier, safe='')}")
        return {"type": kind, "id": identifier, "href": href, "uri": f"spotify:{kind}:{identifier}"}


def page(call: Call, links: Links, path: str, items: Sequence[Any]) -> dict[str, Any]:
    """Cut a page out of a list, with the addresses of its neighbours. Raises Problem on a bad limit."""
    limit = call.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    offset = call.number("offset", 0, 0, MAX_OFFSET)
    others = [(name, value) for name, value in parse_qsl(call.query) if name not in ("limit", "offset")]

    def at(start: int) -> str:
        return f"{links.to(path)}?{urlencode([*others, ('offset', start), ('limit', limit)])}"

    return {
        "href": at(offset),
        "limit": limit,
        "next": at(offset + limit) if offset + limit < len(items) else None,
        "offset": offset,
        "previous": at(max(0, offset - limit)) if offset else None,
        "total": len(items),
        "items": list(items[offset : offset + limit]),
    }
