"""Start each program of this suite: what it is called with, and what all of them have in common."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from tests.authorization_servers import registered
from tests.authorization_servers.keeper import Keeper
from tests.authorization_servers.node import PROGRAM, find_node
from tests.authorization_servers.programs import Program
from tests.authorization_servers.provider import AUTHLIB, TOOLKIT
from tests.authorization_servers.signing_provider import OIDC_PROVIDER, SIGNING_AUTHLIB

HERE = "tests.authorization_servers"
EDGES = ("asgi", "wsgi")

# Every program tells of what it leaves open.
PYTHON = (sys.executable, "-W", "default::ResourceWarning", "-m")
WHERE = ("--host", "127.0.0.1", "--port", "{port}")
GRANIAN_FILES = ("--ssl-certificate", "{certificate}", "--ssl-keyfile", "{key}")
BIND = ("-b", "127.0.0.1:{port}", "--no-control-socket", "--certfile", "{certificate}", "--keyfile", "{key}")
GRANIAN = ("--interface", "wsgi", "--blocking-threads", "8", *WHERE)
ARGUMENTS = {
    TOOLKIT: ("gunicorn", f"{HERE}.toolkit_project:application", "-k", "gthread", "--threads", "8", *BIND),
    AUTHLIB: ("granian", f"{HERE}.authlib_app:application", *GRANIAN, *GRANIAN_FILES),
    "asgi": (
        *("uvicorn", f"{HERE}.guarded:asgi", "--no-access-log", "--timeout-keep-alive", "60"),
        *(*WHERE, "--ssl-certfile", "{certificate}", "--ssl-keyfile", "{key}"),
    ),
    "wsgi": (
        *("gunicorn", f"{HERE}.guarded:wsgi", "-k", "gthread", "--threads", "16", "--keep-alive", "60"),
        *BIND,
    ),
}
# By different names, so that a line in a log says which of them it is about.
HOSTS = {TOOLKIT: "127.0.0.1", AUTHLIB: "localhost", SIGNING_AUTHLIB: "localhost"}


@dataclass
class Workshop:
    """Where programs are started from, and all that they have in common."""

    folder: Path
    context: ssl.SSLContext
    keeper: Keeper
    stack: ExitStack
    started: dict[str, Program] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], **environment: str) -> Program:
        """Start a program; it is stopped at the end."""
        common = {"AUTHORIZATION_SERVER_FOLDER": str(self.folder), "CA_FILE": str(self.folder / "ca.pem")}
        program = Program(
            *(name, command, self.folder, self.context, common | environment, self.keeper),
            host=HOSTS.get(name, "127.0.0.1"),
        )
        program.start()
        self.stack.callback(program.stop)
        self.started[name] = program
        return program

    def logged(self, name: str) -> str:
        """What a program has logged, if it was started at all."""
        return self.started[name].logged() if name in self.started else ""


def _start_authlib(workshop: Workshop) -> Program:
    arguments = ("granian", f"{HERE}.authlib_signing_app:application", *GRANIAN, *GRANIAN_FILES)
    return workshop.start(SIGNING_AUTHLIB, (*PYTHON, *arguments))


def _start_oidc_provider(workshop: Workshop) -> Program:
    node = find_node()
    return workshop.start(
        OIDC_PROVIDER,
        (node.path, str(PROGRAM), "{port}", "{certificate}", "{key}"),
        OIDC_PROVIDER=(node.packages / "oidc-provider" / "lib" / "index.js").as_uri(),
        REGISTERED=json.dumps(registered.described()),
    )


STARTS: Mapping[str, Callable[[Workshop], Program]] = {
    SIGNING_AUTHLIB: _start_authlib,
    OIDC_PROVIDER: _start_oidc_provider,
}


def make_certificates(folder: Path) -> ssl.SSLContext:
    """Write the authority's certificate, the servers' and its key; give what trusts them."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(folder / "server.key"))
    for at, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(str(folder / "server.pem"), append=at > 0)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
