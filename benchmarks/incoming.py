"""The requests of the measurements in process: as a server behind a proxy hands them to an application.

Ten header fields, the token's among them where it is there. A request is what the application is called
with, and its body.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

Transport = Literal["header", "query", "form"]
Request = tuple[dict[str, Any], bytes]

FIELDS = (
    ("host", "api.example.org"),
    ("user-agent", "python-httpx/0.28.1"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-language", "en"),
    ("connection", "keep-alive"),
    ("x-request-id", "0b3f2c1e-5f4e-4b7d-9d5c-0f3f5f6f7a8b"),
    ("cache-control", "no-cache"),
    ("referer", "https://app.example.org/"),
)
PATH = "/tags"
FORM = "application/x-www-form-urlencoded"
# A query string or a form that holds the token, and something for the application.
PARAMETERS = "limit=20&access_token={}&order=name"


def asgi_requests(
    tokens: Sequence[str], transport: Transport = "header", *, path: str = PATH
) -> list[Request]:
    """One request for each token, as an ASGI scope and a body."""
    return [_asgi_request(token, transport, path) for token in tokens]


def wsgi_requests(
    tokens: Sequence[str], transport: Transport = "header", *, path: str = PATH
) -> list[Request]:
    """One request for each token, as a WSGI environ and a body."""
    return [_wsgi_request(token, transport, path) for token in tokens]


def asgi_scopes(tokens: Sequence[str]) -> list[dict[str, Any]]:
    """One ASGI scope for each token, which is in the header."""
    return [scope for scope, _ in asgi_requests(tokens)]


def wsgi_environs(tokens: Sequence[str]) -> list[dict[str, Any]]:
    """One WSGI environ for each token, which is in the header."""
    return [environ for environ, _ in wsgi_requests(tokens)]


def _parts(token: str, transport: Transport) -> tuple[list[tuple[str, str]], str, bytes]:
    """The header fields, the query string and the body of a request."""
    if transport == "header":
        return [*FIELDS, ("authorization", f"Bearer {token}")], "", b""
    parameters = PARAMETERS.format(token)
    if transport == "query":
        return [*FIELDS, ("priority", "u=1")], parameters, b""
    body = parameters.encode("ascii")
    return [*FIELDS[1:], ("content-type", FORM), ("content-length", str(len(body)))], "", body


def _asgi_request(token: str, transport: Transport, path: str) -> Request:
    fields, query, body = _parts(token, transport)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST" if transport == "form" else "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(name.encode("ascii"), value.encode("ascii")) for name, value in fields],
        "client": ("203.0.113.7", 50000),
        "server": ("192.0.2.1", 443),
    }
    return scope, body


def _wsgi_request(token: str, transport: Transport, path: str) -> Request:
    fields, query, body = _parts(token, transport)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST" if transport == "form" else "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "api.example.org",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.7",
        "wsgi.url_scheme": "https",
    }
    for name, value in fields:
        key = name.upper().replace("-", "_")
        environ[key if name in ("content-type", "content-length") else f"HTTP_{key}"] = value
    return environ, body
