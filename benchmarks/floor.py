"""The floor: the least that any guard must do for a warm request, written by hand.

Whether it came over https, the one token in its grammar, its digest, a locked LRU cache, the expiry,
and the facts attached. Each is written out whole, since a function would be a part of its cost. What
they refuse they refuse by an exception: no answer is theirs to write.

    Floor        the token in the header
    QueryFloor   in the query string: taken out of it, and the answer made private (RFC 6750 section 2.3)
    FormFloor    in a form body: read, bounded, and given to the application again (section 2.2)
    scope floor  around the application itself: one scope, as a route asks for it
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from cachetools import LRUCache

from benchmarks.incoming import FORM

BEARER = re.compile(rb"(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)")
B64TOKEN = re.compile(rb"[A-Za-z0-9\-._~+/]+=*")
NAME = b"access_token="
PERCENT = ord("%")  # a number, which is found in bytes at a quarter of the price of a byte string
FORM_BYTES = FORM.encode("ascii")
MAX_BODY_BYTES = 16_384
MAX_ENTRIES = 100_000

Known = Mapping[bytes, tuple[float, Any]]


class Floor:
    """What all floors share: the cache, filled beforehand with (expires at, facts) by digest."""

    def __init__(self, app: Any, known: Known) -> None:
        self.app = app
        self.lock = threading.Lock()
        self.cache: LRUCache[bytes, tuple[float, Any]] = LRUCache(MAX_ENTRIES)
        self.cache.update(known)


class AsgiFloor(Floor):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["scheme"] != "https":
            raise PermissionError
        found = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(found) != 1 or (match := BEARER.fullmatch(found[0])) is None:
            raise PermissionError
        digest = sha256(match[1]).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        scope["user"] = facts
        await self.app(scope, receive, send)


class WsgiFloor(Floor):
    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["wsgi.url_scheme"] != "https":
            raise PermissionError
        match = BEARER.fullmatch(environ["HTTP_AUTHORIZATION"].encode("latin-1"))
        if match is None:
            raise PermissionError
        digest = sha256(match[1]).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        environ["user"] = facts
        return self.app(environ, start_response)


class AsgiQueryFloor(Floor):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["scheme"] != "https" or [1 for name, _ in scope["headers"] if name == b"authorization"]:
            raise PermissionError
        pairs = scope["query_string"].split(b"&")
        found = [pair for pair in pairs if pair.startswith(NAME)]
        if len(found) != 1:
            raise PermissionError
        token = found[0][len(NAME) :]
        if PERCENT in token:
            token = unquote_to_bytes(token)
        if B64TOKEN.fullmatch(token) is None:
            raise PermissionError
        pairs.remove(found[0])
        scope["query_string"] = b"&".join(pairs)
        digest = sha256(token).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        scope["user"] = facts

        def send_private(message: Any) -> Any:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"cache-control", b"private")]}
            return send(message)

        await self.app(scope, receive, send_private)


class WsgiQueryFloor(Floor):
    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["wsgi.url_scheme"] != "https" or "HTTP_AUTHORIZATION" in environ:
            raise PermissionError
        pairs = environ["QUERY_STRING"].split("&")
        found = [pair for pair in pairs if pair.startswith("access_token=")]
        if len(found) != 1:
            raise PermissionError
        token = found[0][len(NAME) :].encode("latin-1")
        if PERCENT in token:
            token = unquote_to_bytes(token)
        if B64TOKEN.fullmatch(token) is None:
            raise PermissionError
        pairs.remove(found[0])
        environ["QUERY_STRING"] = "&".join(pairs)
        digest = sha256(token).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        environ["user"] = facts

        def start_private(status: Any, headers: Any) -> Any:
            return start_response(status, [*headers, ("Cache-Control", "private")])

        return self.app(environ, start_private)


class AsgiFormFloor(Floor):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        fields = dict(scope["headers"])
        if scope["scheme"] != "https" or b"authorization" in fields or fields[b"content-type"] != FORM_BYTES:
            raise PermissionError
        messages, body, more = [], b"", True
        while more:
            messages.append(message := await receive())
            body, more = body + message["body"], message["more_body"]
            if len(body) > MAX_BODY_BYTES:
                raise PermissionError
        found = [pair for pair in body.split(b"&") if pair.startswith(NAME)]
        if len(found) != 1:
            raise PermissionError
        token = found[0][len(NAME) :]
        if PERCENT in token:
            token = unquote_to_bytes(token)
        if B64TOKEN.fullmatch(token) is None:
            raise PermissionError
        digest = sha256(token).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        scope["user"] = facts

        async def receive_again() -> Any:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, receive_again, send)


class WsgiFormFloor(Floor):
    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["wsgi.url_scheme"] != "https" or "HTTP_AUTHORIZATION" in environ:
            raise PermissionError
        length = int(environ["CONTENT_LENGTH"])
        if environ["CONTENT_TYPE"] != FORM or length > MAX_BODY_BYTES:
            raise PermissionError
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = BytesIO(body)
        found = [pair for pair in body.split(b"&") if pair.startswith(NAME)]
        if len(found) != 1:
            raise PermissionError
        token = found[0][len(NAME) :]
        if PERCENT in token:
            token = unquote_to_bytes(token)
        if B64TOKEN.fullmatch(token) is None:
            raise PermissionError
        digest = sha256(token).digest()
        with self.lock:
            expires_at, facts = self.cache[digest]
        if time.time() >= expires_at:
            raise PermissionError
        environ["user"] = facts
        return self.app(environ, start_response)


def asgi_scope_floor(app: Any, scope_name: str) -> Any:
    """Ask for one scope in front of an ASGI application, behind a floor."""

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope_name not in scope["user"].scopes:
            raise PermissionError
        await app(scope, receive, send)

    return guarded


def wsgi_scope_floor(app: Any, scope_name: str) -> Any:
    """Ask for one scope in front of a WSGI application, behind a floor."""

    def guarded(environ: Any, start_response: Any) -> Any:
        if scope_name not in environ["user"].scopes:
            raise PermissionError
        return app(environ, start_response)

    return guarded
