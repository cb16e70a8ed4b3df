"""Serve the WSGI application with wsgiref or werkzeug: `python -m tests.servers.simple NAME CERT KEY`."""

from __future__ import annotations

import socketserver
import ssl
import sys
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

from tests.servers.guarded import wsgi


class ThreadingServer(socketserver.ThreadingMixIn, WSGIServer):
    """As wsgiref's, with a thread for each connection."""

    daemon_threads = True


def wsgiref_server(certificate: str, key: str) -> Any:
    server = make_server("127.0.0.1", 0, wsgi, server_class=ThreadingServer)
    server.base_environ["HTTPS"] = "on"  # what wsgi.url_scheme is made of
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def werkzeug_server(certificate: str, key: str) -> Any:
    from werkzeug.serving import make_server as make

    return make("127.0.0.1", 0, wsgi, threaded=True, ssl_context=(certificate, key))


if __name__ == "__main__":
    name, *files = sys.argv[1:]
    made = {"wsgiref": wsgiref_server, "werkzeug": werkzeug_server}[name](*files)
    print(f"Listening at: https://127.0.0.1:{made.server_port}", flush=True)
    made.serve_forever()
