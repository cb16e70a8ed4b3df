"""An issuer that makes no call: what it publishes has its URL, and a 404 is everywhere else."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import pytest

from bearerguard import Unavailable
from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.clients.discovery import Discovery, Metadata
from bearerguard.clients.lifetime import Ages
from bearerguard.flow import run
from tests.clients.answering import AnsweringClient, answer
from tests.support import Clock

ISSUER = "https://as.example.org/tenant"
FIRST = "https://as.example.org/.well-known/oauth-authorization-server/tenant"
SECOND = "https://as.example.org/tenant/.well-known/openid-configuration"
JWKS = "https://as.example.org/tenant/jwks.json"
INTROSPECT = "https://as.example.org/tenant/introspect"
WHAT = "the metadata of as.example.org/tenant"

NOTHING = answer(b"not found", 404, "text/plain")


def metadata(cache_control: str | None = None, **members: Any) -> HttpResponse:
    """What an issuer says of itself; a member that is `...` is left out."""
    said = {"issuer": ISSUER, "jwks_uri": JWKS, "introspection_endpoint": INTROSPECT, **members}
    found = answer({name: member for name, member in said.items() if member is not ...})
    fields = {} if cache_control is None else {"cache-control": cache_control}
    return HttpResponse(status=200, fields={**found.fields, **fields}, content=found.content)


@dataclass
class Publisher(AnsweringClient):
    """Answers by URL; an exception is raised, and of several answers the last one stays."""

    pages: dict[str, Any] = field(default_factory=lambda: {FIRST: metadata()})

    def _answer(self, request: HttpRequest | None = None) -> HttpResponse:
        assert request is not None
        found = self.pages.get(request.url, NOTHING)
        self.answers = found if isinstance(found, list) else [found]
        return super()._answer(request)

    @property
    def urls(self) -> list[str]:
        """What it was asked for since the last look."""
        found = [request.url for request in self.asked]
        self.asked.clear()
        return found


class Discovering:
    """The metadata of an issuer, under a clock that stands still."""

    def __init__(
        self,
        pages: dict[str, Any] | None = None,
        *,
        issuer: str = ISSUER,
        finish: Any = run,
        max_stale_seconds: float = 86_400.0,
        **settings: Any,
    ) -> None:
        self.http = Publisher() if pages is None else Publisher(pages=pages)
        self.clock = Clock(500.0)
        self.finish = finish
        self.discovery = Discovery(
            issuer,
            **{
                "metadata_url": None,
                "http": self.http,
                "ages": Ages(
                    min_age_seconds=60.0,
                    max_age_seconds=3600.0,
                    max_stale_seconds=max_stale_seconds,
                    default_age_seconds=3600.0,
                ),
                "timeout_seconds": 5.0,
                "allow_loopback_http": False,
                "monotonic": self.clock,
                **settings,
            },
        )
        self.jwks_uri = self.discovery.url_of("jwks_uri")
        self.introspection_endpoint = self.discovery.url_of("introspection_endpoint")

    def find(self) -> Metadata:
        """Find the metadata, as somebody who may have to wait. Raises Unavailable."""
        step: Any = self.discovery.get()
        version = self.finish(step) if hasattr(step, "send") else step
        self.settle()
        found: Metadata = version.document
        return found

    def outcome(self) -> Any:
        """Where the keys are, once that is found; of an outage the reason."""
        try:
            return self.find().endpoints["jwks_uri"]
        except Unavailable as error:
            return error.what

    def at_once(self) -> Any:
        """The same where nobody may wait."""
        assert not hasattr(self.discovery.get(), "send"), "somebody has to wait"
        self.settle()
        return self.outcome()

    def waits(self) -> Any:
        """The same where somebody has to wait."""
        assert hasattr(self.discovery.get(), "send"), "nobody has to wait"
        return self.outcome()

    def settle(self) -> None:
        """Let a fetch that goes on aside come to its end."""
        run(self.discovery.settle())


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log warns of since the last look."""
    found = [one.getMessage() for one in caplog.records if one.levelno > logging.INFO]
    caplog.clear()
    return found
