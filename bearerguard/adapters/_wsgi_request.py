"""Read an HTTP request out of a WSGI environ (PEP 3333)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BufferedReader, BytesIO
from typing import Any

from bearerguard.adapters import VOUCHED_FOR, is_forwarded_field
from bearerguard.adapters._wsgi_body import ReadAhead, read_buffer
from bearerguard.request import BODY_TOO_LARGE, BodyNotRead, ResourceRequest
from bearerguard.token import AccessToken

Environ = dict[str, Any]

MALFORMED_LENGTH = "The Content-Length field is malformed."
MAX_LENGTH_DIGITS = 18  # no body is longer, and int() of a long text is not linear
# Where servers keep the whole request target beside QUERY_STRING.
_TARGETS = ("REQUEST_URI", "RAW_URI")


@cache
def _key_of(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


class WsgiRequest(ResourceRequest):
    """Servers join repeated lines with a comma, so a repeated Authorization is seen as a malformed one."""

    query_taken = False  # whether a token was in the query string

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.scheme = environ["wsgi.url_scheme"]
        self.method = environ["REQUEST_METHOD"]

    def authorization(self) -> Sequence[bytes]:
        value = self.environ.get("HTTP_AUTHORIZATION")
        # What PEP 3333 does not allow becomes "?", which no token holds: a malformed one, not a crash.
        return () if value is None else (value.encode("latin-1", "replace"),)

    def field(self, name: str) -> bytes | None:
        value = self.environ.get(_key_of(name))
        # An absent Content-Type or Content-Length may be an empty string (PEP 3333).
        return value.encode("latin-1", "replace") if value else None

    def has_forwarded_field(self) -> bool:
        if "PROXY_PROTOCOL" in self.environ:  # gunicorn's word for a proxy that speaks before the request
            return True
        names = (key[5:].lower().replace("_", "-") for key in self.environ if key.startswith("HTTP_"))
        return any(is_forwarded_field(name) for name in names)

    @property
    def path(self) -> str:
        return str(self.environ.get("PATH_INFO", ""))

    @property
    def authority(self) -> str:
        return str(self.environ.get("HTTP_HOST") or self.environ.get("SERVER_NAME", ""))

    @property
    def peer(self) -> str | None:
        return self.environ.get("REMOTE_ADDR") or None

    @property
    def query(self) -> bytes:
        text = self.environ.get("QUERY_STRING")
        return text.encode("latin-1") if text else b""

    def replace_query(self, query: bytes) -> None:
        self.query_taken = True
        text = query.decode("latin-1")
        self.environ["QUERY_STRING"] = text
        for key in _TARGETS:
            if key in self.environ:
                path = self.environ[key].partition("?")[0]
                self.environ[key] = f"{path}?{text}" if text else path

    @property
    def vouched_for(self) -> AccessToken | None:
        found = self.environ.get(VOUCHED_FOR)
        return found if isinstance(found, AccessToken) else None

    def read_body(self, max_bytes: int, timeout_seconds: float) -> bytes:
        length = self._content_length(max_bytes)
        if length == 0:
            return b""
        stream = self.environ["wsgi.input"]
        if isinstance(stream, BytesIO):
            return read_buffer(stream, length, max_bytes)
        ahead = ReadAhead(stream, length)
        self.environ["wsgi.input"] = BufferedReader(ahead)
        body = ahead.read_all(max_bytes, timeout_seconds)
        self.environ["wsgi.input"] = BytesIO(body)
        return body

    def _content_length(self, max_bytes: int) -> int | None:
        """The announced length; None where the stream itself ends with the body, as a chunked one does."""
        text: str = self.environ.get("CONTENT_LENGTH") or ""
        if not text:
            return None if self.environ.get("wsgi.input_terminated") else 0
        if not text.isascii() or not text.isdigit():
            raise BodyNotRead(MALFORMED_LENGTH)
        if len(text) > MAX_LENGTH_DIGITS or int(text) > max_bytes:
            raise BodyNotRead(BODY_TOO_LARGE, 413)
        return int(text)
