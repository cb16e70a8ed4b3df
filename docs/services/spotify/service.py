"""The service without a framework: one call in, one reply out."""

from __future__ import annotations

from http import HTTPStatus
from threading import Lock

from bearerguard import Authentication, ResourceServer
from spotify.calls import USER_NEEDED, Call, Problem, Reply, person_of, reply_to
from spotify.limits import REQUESTS_PER_WINDOW, Limits
from spotify.links import Links
from spotify.routes import Route
from spotify.state import State

_SAID = {
    404: "There is nothing at this path.",
    405: "This path does not take that method.",
    413: "The body is too large.",
}


class Service:
    """Everything behind the guard; both edges give it their calls.

    What it keeps is shared by the threads of a process: one call at a time, none of which waits for anything.
    """

    def __init__(
        self, guard: ResourceServer, *, resource: str, requests_per_window: int = REQUESTS_PER_WINDOW
    ) -> None:
        self.guard = guard
        self._state = State(guard, Links(resource))
        self._limits = Limits(requests_per_window)
        self._lock = Lock()

    def answer(self, route: Route, call: Call) -> Reply:
        """Answer a call that has its route's scopes. Raises InsufficientScope where the body needs more."""
        try:
            with self._lock:
                self._limits.count(call)
                return route.operation(call, self._state)
        except Problem as problem:
            return reply_to(problem)


def check_user(route: Route, who: Authentication | None) -> Reply | None:
    """Refuse an application's own token where a user is needed; None lets a request through.

    It comes before the scopes: to ask for one more of those would not help.
    """
    if who is None or not route.for_users or person_of(who) is not None:
        return None
    return reply_to(Problem(403, USER_NEEDED))


def error_reply(status: int, headers: dict[str, str] | None = None) -> Reply:
    """Say in the API's shape what the framework has to say by itself, such as 404."""
    reply = reply_to(Problem(status, _SAID.get(status, HTTPStatus(status).phrase)))
    return Reply(reply.status, reply.content, headers or {})


def allow(methods: set[str]) -> dict[str, str]:
    """Name the methods of a path; HEAD is wherever GET is (RFC 9110 section 9.3.2)."""
    named = methods | ({"HEAD"} if "GET" in methods else set())
    return {"allow": ", ".join(sorted(named))} if named else {}
