"""How we call others: the door. Here is what a client is asked, what it answers, and how it fails.

Unavailable         the answer is no use: too long, cut, in a coding that nobody asked for
  Unreachable       no connection, no TLS, no answer in time: it counts, see `breaker.py`
  ConnectionLost    the connection ended before the answer did: worth one more try
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bearerguard.breaker import Inconclusive, Unreachable
from bearerguard.flow import Flow, Step

__all__ = [
    "ConnectionLost",
    "HttpClient",
    "HttpRequest",
    "HttpResponse",
    "Inconclusive",
    "Unreachable",
    "UrlSource",
]

MAX_ANSWER_BYTES = 64 * 1024  # what a token or a key set says fits in many times over


class ConnectionLost(Inconclusive):
    """The connection ended before the answer did, as a pooled one may when the server had closed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One call, with its bounds: `timeout_seconds` is for all of it, `max_bytes` for the unpacked content."""

    method: str
    url: str
    fields: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    timeout_seconds: float
    max_bytes: int = MAX_ANSWER_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One answer, whatever its status; the names of its fields become lower-case."""

    status: int
    fields: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        lower = {name.lower(): value for name, value in self.fields.items()}
        object.__setattr__(self, "fields", lower)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, lower-case."""
        return self.fields.get("content-type", "").partition(";")[0].strip(" \t").lower()


class HttpClient(Protocol):
    """Makes calls in both colours, and nothing but the call that it was asked to make.

    It follows no redirect, keeps no cookie, reads no settings from the environment, verifies
    certificates, and keeps to both bounds of the request. Raises Unavailable and its kinds, with
    fixed texts.
    """

    def send(self, request: HttpRequest) -> HttpResponse:
        """Make a call on this thread."""

    async def asend(self, request: HttpRequest) -> HttpResponse:
        """Make a call on the event loop."""

    def close(self) -> None:
        """Close the connections of threads; the next call opens new ones."""

    async def aclose(self) -> None:
        """Close the connections of this event loop, and those of threads."""


class UrlSource(ABC):
    """Finds out where an endpoint is, which may be elsewhere the next time; what it gives is checked.

    `host` is whose endpoint it is, in messages.
    """

    host: str

    @abstractmethod
    def find(self) -> Step[str]:
        """Find the URL: at once where it is known, else by a flow. Raises Unavailable."""

    @abstractmethod
    def doubt(self) -> None:
        """Hear that the endpoint does not do as it should; at most the next URL is another one."""

    @abstractmethod
    def close(self) -> Flow[None]:
        """Wait for what is under way; the connections are the endpoint's to close."""
