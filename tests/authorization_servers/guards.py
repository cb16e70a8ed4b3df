"""Guards made to order inside the guarded servers: every test has its own, with a cache and a pool."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import count
from typing import Any

from bearerguard import Authentication, Decision, ResourceServer
from tests.authorization_servers.built import build


class Guard:
    """A resource server of the given settings, the middleware around an application, and what it decided."""

    def __init__(self, wrap: Callable[[ResourceServer], Any], settings: Mapping[str, Any]) -> None:
        self.decisions: list[Decision] = []
        self.server = build(settings, self.decisions.append)
        self.app = wrap(self.server)


class Guards:
    """All guards of this process, and the two requests by which a test makes one and hears of it."""

    def __init__(self, wrap: Callable[[ResourceServer], Any]) -> None:
        self._wrap = wrap
        self._numbers = count()
        self.all: dict[str, Guard] = {}

    def find(self, path: str) -> Any:
        """Find the guarded application that a path leads to; without one it is for `control`."""
        guard = self.all.get(path.split("/")[1])
        return None if guard is None else guard.app

    def control(self, path: str, body: bytes) -> bytes:
        """POST /guards makes a guard and tells its name; GET /guards/NAME/7 tells its decisions from 7 on."""
        if body:
            name = f"guard-{next(self._numbers)}"
            self.all[name] = Guard(self._wrap, json.loads(body))
            return json.dumps({"name": name}).encode()
        if path == "/":
            return b"{}"  # ready
        _, _, name, known = path.split("/")
        return json.dumps([_plain(one) for one in self.all[name].decisions[int(known) :]]).encode()


def describe(authentication: Authentication) -> bytes:
    """What the guarded application was told, as its answer."""
    token = authentication.access_token
    said = {
        "subject": authentication.subject,
        "client_id": authentication.client_id,
        "scopes": sorted(authentication.scopes),
        "username": token.claims.get("username"),
        "issuer": token.issuer,
        "audience": list(token.audience),
        "verifier": token.verifier,
    }
    return json.dumps(said).encode()


def _plain(decision: Decision) -> dict[str, Any]:
    return {**asdict(decision), "outcome": decision.outcome.value}
