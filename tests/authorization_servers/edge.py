"""A guarded server as the tests see it: guards are made by request, and everything else goes through one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.authorization_servers.programs import Program, eventually
from tests.authorization_servers.provider import Provider
from tests.authorization_servers.registered import API, Client

AS_API = ("basic", *API.pair)


def basic(client: Client) -> tuple[str, ...]:
    """Who a guard says it is: this client, by basic."""
    return ("basic", *client.pair)


@dataclass
class Guarded:
    """One guard inside a guarded server."""

    edge: Edge
    name: str
    about: str  # the host of its authorization server, which lines in the log name
    log_began_at: int
    _decisions: list[dict[str, Any]] = field(default_factory=list)

    def get(self, token: str, path: str = "") -> httpx.Response:
        fields = {"Authorization": f"Bearer {token}"}
        return self.edge.client.get(f"{self.edge.program.url}/{self.name}/{path}", headers=fields)

    def decisions(self) -> list[dict[str, Any]]:
        """What it has decided; only what is new is asked for."""
        url = f"{self.edge.program.url}/guards/{self.name}/{len(self._decisions)}"
        self._decisions += self.edge.client.get(url).json()
        return self._decisions

    def reason(self) -> str | None:
        """Why the last request did not pass."""
        found: str | None = self.decisions()[-1]["reason"]
        return found

    def logged(self) -> list[str]:
        """What the guarded server has logged of that authorization server since this guard was made."""
        lines = self.edge.program.logged()[self.log_began_at :].splitlines()
        return [line for line in lines if self.about in line]

    def wait_for_line(self, text: str) -> str:
        eventually(lambda: any(text in line for line in self.logged()), f"a line in the log: {text}", 5)
        return next(line for line in self.logged() if text in line)


@dataclass
class Edge:
    """A guarded server."""

    program: Program
    client: httpx.Client

    @property
    def name(self) -> str:
        return self.program.name

    def guard(
        self,
        provider: Provider,
        *,
        client: Sequence[str] = AS_API,
        path: str = "introspect",
        audiences: Sequence[str] | None = None,
        introspection: dict[str, Any] | None = None,
        **cached: float,
    ) -> Guarded:
        """Make a guard that asks this authorization server."""
        return self._make(
            provider,
            endpoint=provider.endpoint(path),
            client=client,
            audiences=audiences,
            introspection=introspection or {},
            cached=cached,
        )

    def guard_issuer(
        self,
        provider: Provider,
        *,
        client: Sequence[str] | None = None,
        audiences: Sequence[str] | None = None,
        metadata_url: str | None = None,
        **jwt: Any,
    ) -> Guarded:
        """Make a guard that is told no more than the issuer's name: `ResourceServer.for_issuer`."""
        return self._make(
            provider,
            issuer=provider.issuer,
            metadata_url=metadata_url,
            client=client,
            audiences=audiences,
            jwt=jwt,
            parts=None,
        )

    def guard_issuer_from_parts(
        self,
        provider: Provider,
        *,
        client: Sequence[str] | None = None,
        keys: dict[str, float] | None = None,
        revocations: str | None = None,
        **cached: float,
    ) -> Guarded:
        """Make the same with other ages, or with a store of revocations."""
        return self._make(
            provider,
            issuer=provider.issuer,
            metadata_url=None,
            client=client,
            audiences=None,
            jwt={},
            parts={"keys": keys or {}, "revocations": revocations},
            cached=cached,
        )

    def _make(self, provider: Provider, *, issuer: str | None = None, **settings: Any) -> Guarded:
        began_at = len(self.program.logged())
        made = self.client.post(f"{self.program.url}/guards", json={"issuer": issuer, **settings})
        assert 200 == made.status_code, made.text
        return Guarded(self, made.json()["name"], provider.program.host, began_at)
