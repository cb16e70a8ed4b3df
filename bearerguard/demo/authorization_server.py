"""A small authorization server: a process of its own that answers questions about tokens (RFC 7662).

It also publishes the keys by which its signed tokens are verified, and where all that is (RFC 8414).

Run by its path, not as a module, so that it starts at once: the standard library is all it needs. Its
settings come as one line of JSON on standard input, which stays open for as long as it is to live; the
port it listens on is the line that it prints. Each further line is a set of keys to publish instead, and
answered by a line when that is done. Standard error is its access log.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from base64 import b64decode
from collections.abc import Mapping
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote_plus

INTROSPECTION_PATH = "/introspect"
KEYS_PATH = "/jwks.json"
METADATA_PATH = "/.well-known/oauth-authorization-server"
NOT_FOUND = {"error": "not_found"}
MAX_FORM_BYTES = 16 * 1024  # a form larger than this holds no token


class IntrospectionServer(ThreadingHTTPServer):
    """Knows one client, some tokens by their claims, and the public keys of others."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__((settings["host"], settings["port"]), Handler)
        self.client = (settings["client_id"], settings["client_secret"])
        self.tokens: Mapping[str, Mapping[str, Any]] = settings["tokens"]
        self.keys: Mapping[str, Any] = settings["keys"]
        self.issuer = f"https://{settings['host']}:{self.server_port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["certificate"])
        # Handshakes are left to each connection's own thread: one that never comes stops nobody else.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def is_client(self, authorization: str) -> bool:
        """Tell whether this is our client's Basic authentication (RFC 6749 section 2.3.1)."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            name, _, secret = b64decode(encoded, validate=True).decode("ascii").partition(":")
        except ValueError:
            return False
        came = (unquote_plus(name).encode(), unquote_plus(secret).encode())
        is_right = [compare_digest(one, known.encode()) for one, known in zip(came, self.client, strict=True)]
        return scheme.lower() == "basic" and all(is_right)

    def introspect(self, token: str) -> Mapping[str, Any]:
        """Say what a token is, and of one that is unknown or expired nothing else (RFC 7662 section 2.2)."""
        claims = self.tokens.get(token)
        if claims is None or time.time() >= claims["exp"]:
            return {"active": False}
        return {"active": True, "iss": self.issuer, **claims}

    def find_published(self, path: str) -> Mapping[str, Any] | None:
        """Find what everybody may read."""
        metadata = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}{KEYS_PATH}",
            "introspection_endpoint": f"{self.issuer}{INTROSPECTION_PATH}",
        }
        return {METADATA_PATH: metadata, KEYS_PATH: self.keys}.get(path)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, which may ask many times."""

    server: IntrospectionServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        published = self.server.find_published(self.path)
        return self.answer(404, NOT_FOUND) if published is None else self.answer(200, published)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_FORM_BYTES:
            self.close_connection = True
            return self.answer(400, {"error": "invalid_request"})
        form = parse_qs(self.rfile.read(int(length)).decode("ascii", "replace"))
        if self.path != INTROSPECTION_PATH:
            return self.answer(404, NOT_FOUND)
        if not self.server.is_client(self.headers.get("Authorization", "")):
            return self.answer(401, {"error": "invalid_client"}, ("WWW-Authenticate", 'Basic realm="demo"'))
        if len(form.get("token", ())) != 1:
            return self.answer(400, {"error": "invalid_request"})
        return self.answer(200, self.server.introspect(form["token"][0]))

    def answer(self, status: int, members: Mapping[str, Any], *fields: tuple[str, str]) -> None:
        content = json.dumps(members).encode()
        self.send_response(status)
        for name, value in (*fields, ("Content-Type", "application/json"), ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    server = IntrospectionServer(json.loads(sys.stdin.readline()))
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    for line in sys.stdin:  # it ends with whoever started this, killed or not
        server.keys = json.loads(line)
        print(flush=True)


if __name__ == "__main__":
    main()
