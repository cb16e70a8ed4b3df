"""What the tests of the core share: a clock, stores that misbehave, and both edges driven in process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from bearerguard import (
    AccessToken,
    AsgiMiddleware,
    Authentication,
    Bearer,
    Cached,
    FromFunction,
    ResourceServer,
    StoredTokens,
    Unavailable,
    WsgiMiddleware,
)
from bearerguard.adapters import authorize
from bearerguard.credentials import Credentials
from bearerguard.scopes import Requirement
from bearerguard.stores import TokenRecord, digest_of, issue
from bearerguard.stores.memory import MemoryTokenStore

RESOURCE = "https://api.example.org"
REALM = "api"
START = 1_000_000.0
PUBLIC_PEER = "9.9.9.9"
PRIVATE_PEER = "10.0.0.7"

BARE = 'Bearer realm="api"'
HTTPS_NEEDED = (
    "Use https. If this request did come over https, the server behind the proxy was not told: "
    "see its setting for forwarded protocols."
)
BAD_TOKEN = "The access token is expired, revoked, malformed or not valid here."
BAD_TOKEN_CHALLENGE = f'Bearer realm="api", error="invalid_token", error_description="{BAD_TOKEN}"'
TWO_WAYS = "The access token must be sent in one way only."
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def bad_request(description: str) -> str:
    """The challenge of an invalid_request."""
    return f'Bearer realm="api", error="invalid_request", error_description="{description}"'


class Clock:
    """A clock that stands still until it is moved, in either direction."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += seconds


def credentials(token: str = "token") -> Credentials:
    """Credentials as a header brings them."""
    return Credentials("Bearer", token.encode("ascii"))


def stored(store: MemoryTokenStore, **facts: Any) -> str:
    """Issue a token into a store and give it."""
    token, record = issue(
        **{"subject": "alice", "client_id": "app", "scopes": ("tag",), "now": Clock(), **facts}
    )
    store.add(record)
    return token


class BrokenStore(MemoryTokenStore):
    """A store that can be switched off."""

    is_down = False

    def find(self, digest: bytes) -> TokenRecord | None:  # type: ignore[override]
        if self.is_down:
            raise Unavailable("the disk is gone", 7)
        return super().find(digest)


class AsyncStore(MemoryTokenStore):
    """A store on the other side of a network, for an event loop."""

    async def find(self, digest: bytes) -> TokenRecord | None:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().find(digest)

    async def revoke(self, digest: bytes) -> bool:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().revoke(digest)


class ThreadedStore(MemoryTokenStore):
    """A store that blocks: a plain def without a promise to be quick."""

    def find(self, digest: bytes) -> TokenRecord | None:  # type: ignore[override]
        return super().find(digest)


def server(verifier: Any = None, **settings: Any) -> ResourceServer:
    """A resource server over this verifier, or one that knows the token "good"."""
    return ResourceServer(
        **{
            "resource": RESOURCE,
            "realm": REALM,
            "verifier": verifier or FromFunction(known(good=AccessToken(subject="alice", client_id="app"))),
            "schemes": [Bearer(form=True, query=True)],
            "now": Clock(),
            **settings,
        }
    )


def local(store: Any, *, cached: bool = False, **settings: Any) -> ResourceServer:
    """A resource server over a local store."""
    verifier: Any = StoredTokens(store)
    return server(Cached(verifier, now=Clock(), monotonic=Clock()) if cached else verifier, **settings)


def known(**facts: AccessToken) -> Callable[[str], AccessToken | None]:
    """A function that knows these tokens."""
    return facts.get


@dataclass(frozen=True)
class Reply:
    """What went out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.headers if found.lower() == name]

    @property
    def challenge(self) -> str | None:
        return ", ".join(self.all("www-authenticate")) or None

    @property
    def brief(self) -> tuple[int, str | None]:
        return self.status, self.challenge

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class App:
    """An application for either edge that notes what it was given and answers what it is told to."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = (("content-type", "text/plain"),)
    content: bytes = b"welcome"
    raises: BaseException | None = None
    raises_after_start: BaseException | None = None
    reads: bool = True
    requires: Requirement | None = None
    seen: list[dict[str, Any]] = field(default_factory=list, repr=False)

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while self.reads:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.seen.append({**scope, "body": body})
        if self.requires is not None:
            authorize(scope, self.requires)
        if self.raises is not None:
            raise self.raises
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if self.raises_after_start is not None:
            raise self.raises_after_start
        await send({"type": "http.response.body", "body": self.content[:3], "more_body": True})
        await send({"type": "http.response.body", "body": self.content[3:]})

    def wsgi(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or -1)) if self.reads else b""
        self.seen.append({**environ, "body": body})
        if self.requires is not None:
            authorize(environ, self.requires)
        if self.raises is not None:
            raise self.raises
        start_response(f"{self.status} Whatever", list(self.headers))
        if self.raises_after_start is not None:
            raise self.raises_after_start
        return [self.content[:3], self.content[3:]]

    @property
    def authentication(self) -> Authentication | None:
        """What the last request came with."""
        found: Authentication | None = self.seen[-1]["bearerguard"]
        return found

    @property
    def body(self) -> bytes:
        found: bytes = self.seen[-1]["body"]
        return found


def asgi_scope(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Iterable[tuple[str, str]] = (),
    scheme: str = "https",
    peer: str | None = PRIVATE_PEER,
    **more: Any,
) -> dict[str, Any]:
    """A scope as a server builds it."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers],
        "scheme": scheme,
        "client": None if peer is None else (peer, 50_000),
        **more,
    }


def wsgi_environ(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Iterable[tuple[str, str]] = (),
    scheme: str = "https",
    peer: str | None = PRIVATE_PEER,
    root_path: str = "",
    **more: Any,
) -> dict[str, Any]:
    """An environ as a server builds it: repeated lines joined, the two exceptions without HTTP_."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": root_path,
        "PATH_INFO": path.removeprefix(root_path).encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "api.example.org",
        "REMOTE_ADDR": peer or "",
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
    }
    for name, value in headers:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return {**environ, **more}


async def drive_asgi(app: Any, scope: Mapping[str, Any], messages: Iterable[Any]) -> list[dict[str, Any]]:
    """Call an ASGI application with these messages to receive; after the last one the client has left."""
    waiting = iter(messages)
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await app(scope, receive, send)
    return sent


def reply_of(sent: list[dict[str, Any]]) -> Reply:
    """Put the messages of a response together; exactly one start, then bodies."""
    start, *bodies = sent
    assert start["type"].endswith("http.response.start")
    assert all(one["type"].endswith("http.response.body") for one in bodies)
    assert [True] * (len(bodies) - 1) + [False] == [one.get("more_body", False) for one in bodies]
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Reply(start["status"], headers, b"".join(one.get("body", b"") for one in bodies))


def pieces(body: bytes | Sequence[bytes]) -> list[dict[str, Any]]:
    """A body as messages."""
    parts = [body] if isinstance(body, bytes) else list(body)
    last = len(parts) - 1
    return [{"type": "http.request", "body": part, "more_body": at < last} for at, part in enumerate(parts)]


class AsgiEdge:
    """Drive an application behind AsgiMiddleware."""

    name = "asgi"
    middleware = AsgiMiddleware

    def guard(self, app: App, resource_server: ResourceServer, **options: Any) -> Any:
        return AsgiMiddleware(app.asgi, resource_server, **options)

    def answer(self, guarded: Any, *, body: bytes | Sequence[bytes] = b"", **request: Any) -> Reply:
        return reply_of(asyncio.run(drive_asgi(guarded, asgi_scope(**request), pieces(body))))


class WsgiEdge:
    """Drive an application behind WsgiMiddleware."""

    name = "wsgi"
    middleware = WsgiMiddleware

    def guard(self, app: App, resource_server: ResourceServer, **options: Any) -> Any:
        return WsgiMiddleware(app.wsgi, resource_server, **options)

    def answer(self, guarded: Any, *, body: bytes | Sequence[bytes] = b"", **request: Any) -> Reply:
        content = body if isinstance(body, bytes) else b"".join(body)
        request["headers"] = [*request.get("headers", ())]
        if content and not any(name.lower() == "content-length" for name, _ in request["headers"]):
            request["headers"].append(("Content-Length", str(len(content))))
        environ = wsgi_environ(**request)
        environ["wsgi.input"] = BytesIO(content)
        return call_wsgi(guarded, environ)


def call_wsgi(app: Any, environ: dict[str, Any]) -> Reply:
    """Call a WSGI application as a server does, headers going out with the first bytes."""
    started: list[Any] = []
    written: list[bytes] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        assert exc_info or not started, "start_response was called twice"
        if exc_info and any(written):
            raise exc_info[1]
        started[:] = [status, headers]
        return written.append

    content = app(environ, start_response)
    try:
        for piece in content:
            assert started, "a body before start_response"
            written.append(piece)
    finally:
        getattr(content, "close", lambda: None)()
    status, headers = started
    return Reply(int(status[:3]), tuple(headers), b"".join(written))


def bearer(token: str) -> list[tuple[str, str]]:
    """The field that carries a token."""
    return [("Authorization", f"Bearer {token}")]


def brief(edge: Any, facts: AccessToken, **settings: Any) -> tuple[int, str | None]:
    """Status and challenge of a request whose token says this."""
    guarded = edge.guard(App(), server(FromFunction(known(good=facts)), **settings))
    return edge.answer(guarded, headers=bearer("good")).brief


def record_of(token: str, **facts: Any) -> TokenRecord:
    """A record for a token of any form."""
    return TokenRecord(
        digest_of(token), **{"subject": "alice", "issued_at": START, "expires_at": None, **facts}
    )
