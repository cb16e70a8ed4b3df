"""What is measured end to end: which guards, on which server, with how many connections."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass

from bearerguard.bench.serving import SERVERS
from benchmarks.peers import AUTHLIB, MCP_SDK, PYJWT, STARLETTE
from benchmarks.suite import Run

# What a server's process is told.
FRAMEWORK = "BEARERGUARD_BENCH_FRAMEWORK"
GUARD = "BEARERGUARD_BENCH_GUARD"
TOKEN = "BEARERGUARD_BENCH_TOKEN"
KEY = "BEARERGUARD_BENCH_KEY"  # PEM, of JWTs

WSGI_FRAMEWORKS = ("wsgi", "flask")
SCOPES = ("tag", "rating")

BARE, AGAIN, FLOOR, OURS = "bare", "bare again", "floor", "bearerguard"
OURS_WITH_SCOPE = f"{OURS}, a scope asked for"
CONNECTIONS = 64
AXIS = (1, 8, 64, 512)
BAR_SERVERS = ("uvicorn", "granian")
LEFT_OUT_WHERE_QUICK = (
    "granian, hypercorn, gunicorn, the routes of frameworks with their peers, TLS, and other numbers of "
    "connections than 64, in a quick run"
)
# What people read a server by; `granian` of SERVERS is its ASGI side.
TITLES: Mapping[str, str] = {
    "granian": "granian (ASGI)",
    "gunicorn": "gunicorn sync",
    "gunicorn-gthread": "gunicorn gthread",
    "granian-wsgi": "granian (WSGI)",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A guard; a peer is known by its `package`, and one that lets everybody through does not refuse."""

    name: str
    guard: str
    package: str | None = None
    has_jwt: bool = False
    refuses: bool = True

    def is_installed(self) -> bool:
        return self.package is None or importlib.util.find_spec(self.package) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Guards before one application on one server, in turn; all of its servers run at the same time."""

    name: str
    server: str
    framework: str
    subjects: tuple[Subject, ...]
    rounds: int
    connections: tuple[int, ...] = (CONNECTIONS,)
    is_over_tls: bool = False

    @property
    def is_axis(self) -> bool:
        return len(self.connections) > 1

    def reason_to_skip(self) -> str | None:
        """Say what is not installed."""
        packages = [SERVERS[self.server].package]
        if self.framework not in ("asgi", "wsgi"):
            packages.append(self.framework)
        if self.is_over_tls:
            packages.append("trustme")
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        return f"Not installed: {missing[0]}." if missing else None


_BARE = Subject(BARE, "bare", refuses=False)
_AGAIN = Subject(AGAIN, "bare", refuses=False)
_FLOOR = Subject(FLOOR, "floor")
_OURS = Subject(OURS, "ours")
_OURS_WITH_SCOPE = Subject(OURS_WITH_SCOPE, "ours_with_scope")
_STARLETTE = Subject(STARLETTE, "starlette_dict", "starlette", refuses=False)
_MCP_SDK = Subject(MCP_SDK, "mcp_sdk", "mcp")
_PYJWT = Subject(PYJWT, "pyjwt", "jwt", has_jwt=True)
_AUTHLIB = Subject(AUTHLIB, "authlib", "authlib")


def cases_of(run: Run) -> list[Case]:
    """In a quick run the least application on one server; nothing else."""
    if run.quick:
        run.leave_out(LEFT_OUT_WHERE_QUICK)
        return [least_case(BAR_SERVERS[0], run)]
    least = [least_case(name, run) for name in BAR_SERVERS]
    others = [least_case(name, run) for name in SERVERS if name not in BAR_SERVERS]
    axes = [axis_case(name) for name in BAR_SERVERS]
    return [*least, *others, *framework_cases(), *axes, *map(tls_case, BAR_SERVERS)]


def least_name(server: str) -> str:
    """The name of the case that the bars are about."""
    return f"{TITLES.get(server, server)}, the least application"


def least_case(server: str, run: Run) -> Case:
    rounds = run.choose(16 if server in BAR_SERVERS else 5, 4)
    return Case(
        name=least_name(server),
        server=server,
        framework=SERVERS[server].edge,
        subjects=(_BARE, _AGAIN, _FLOOR, _OURS),
        rounds=rounds,
    )


def framework_cases() -> list[Case]:
    """A route of each framework, on the server that it is most often deployed with."""
    routes = [
        ("a Starlette route on uvicorn", "uvicorn", "starlette", (_BARE, _OURS, _STARLETTE, _MCP_SDK)),
        ("a FastAPI route on uvicorn", "uvicorn", "fastapi", (_BARE, _OURS, _PYJWT)),
        (
            "a Flask view on gunicorn gthread",
            "gunicorn-gthread",
            "flask",
            (_BARE, _OURS, _OURS_WITH_SCOPE, _AUTHLIB),
        ),
    ]
    return [
        Case(name=name, server=server, framework=framework, subjects=subjects, rounds=8)
        for name, server, framework, subjects in routes
    ]


def axis_case(server: str) -> Case:
    return Case(
        name=f"{TITLES.get(server, server)}, by connections",
        server=server,
        framework="asgi",
        subjects=(_BARE, _OURS),
        rounds=4,
        connections=AXIS,
    )


def tls_case(server: str) -> Case:
    return Case(
        name=f"{TITLES.get(server, server)}, over TLS",
        server=server,
        framework="asgi",
        subjects=(_BARE, _OURS),
        rounds=8,
        is_over_tls=True,
    )
