"""What a row of the table of clients is: who asks a service, with a token got and sent in which way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bearerguard.devserver import DevServer, Registered

USER = "bob"  # the parity tables of the services are about others, who must have nothing yet
PASSWORD = "a long password"
REDIRECT_URI = "https://client.example.org/callback"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sends."""

    method: str
    path: str
    json: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client got."""

    status: int
    body: str


Ask = Callable[[str], Reply]  # asks the service at this address
Send = Callable[[Request, str], Reply]  # sends a request to the service at this address


@dataclass(frozen=True, slots=True)
class Act:
    """What is asked of both edges with what the client holds now; `label` says what has happened before."""

    asks: tuple[Ask, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service as its clients know it: what users ask, what applications ask, and the point of an answer."""

    name: str
    scope: str
    of_a_user: tuple[Request, ...]
    of_an_application: tuple[Request, ...]
    point_of: Callable[[str], str] = field(repr=False)

    def told(self, reply: Reply) -> str:
        """Say an answer in few words: the status, and the point."""
        return f"{reply.status} {self.point_of(reply.body)}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a client finds: the authorization server, a service, whom to trust, and a browser if need be."""

    dev: DevServer
    service: Service
    trusted: Path
    browser: Callable[[], Any]

    @property
    def authorize_url(self) -> str:
        return f"{self.dev.issuer}/oauth2/authorize"

    @property
    def token_url(self) -> str:
        return f"{self.dev.issuer}/oauth2/token"

    def register(self, name: str, **settings: Any) -> Registered:
        """Register an application; each row has one of its own."""
        return self.dev.register(name, **{"redirect_uris": [REDIRECT_URI], **settings})

    def approve(self, url: str) -> str:
        """Have the user agree; where that leads."""
        return self.dev.approve(url, user=USER)

    def as_user(self, send: Send, label: str = "") -> Act:
        """Ask what a user asks."""
        return Act(_bound(send, self.service.of_a_user), label)

    def as_application(self, send: Send, label: str = "") -> Act:
        """Ask what an application by itself asks."""
        return Act(_bound(send, self.service.of_an_application), label)


Story = Callable[[Scene], Iterator[Act]]  # gets a token, has it used, gets another one, and so on


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and what has to be installed for it."""

    name: str
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One client's story with one service, and what both edges answer to it."""

    service: str
    client: Client
    token: str
    sent: str
    story: Story = field(repr=False)
    expected: str

    @property
    def name(self) -> str:
        return f"{self.service}: {self.client.name}, {self.token}, {self.sent}"


def _bound(send: Send, requests: tuple[Request, ...]) -> tuple[Ask, ...]:
    return tuple(lambda address, one=one: send(one, address) for one in requests)  # type: ignore[misc]
