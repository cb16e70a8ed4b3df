"""What an edge has answered, as far as the service decides it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

# What a client sees. Date, Server, Connection and lengths are the servers' own.
FIELDS = ("allow", "cache-control", "content-type", "location", "retry-after", "www-authenticate")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with the edge's own address taken out."""

    status: int
    fields: dict[str, list[str]]
    body: str

    @property
    def content(self) -> Any:
        return json.loads(self.body) if self.body else None
