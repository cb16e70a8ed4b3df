"""What every page for people works with."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from bearerguard.devserver.pages.oob import CodesToCopy
from bearerguard.devserver.pages.sessions import Sessions
from bearerguard.devserver.pages.shown import Shown, Stale
from bearerguard.devserver.pages.throttle import Throttle
from bearerguard.devserver.pages.tickets import Tickets
from bearerguard.devserver.parameters import BadParameter, form_of
from bearerguard.devserver.parts import Parts

Form = dict[str, str]  # the fields that had a value
FIELDS = ("form", "csrf", "ticket", "decision", "username", "password", "name", "kind")


@dataclass(frozen=True, slots=True)
class Desk:
    """The state behind the pages; it is in memory, so that a new start forgets it."""

    parts: Parts
    sessions: Sessions
    throttle: Throttle
    tickets: Tickets
    codes: CodesToCopy


def open_desk(parts: Parts) -> Desk:
    """Make the state behind the pages of one server."""
    return Desk(
        parts=parts,
        sessions=Sessions(parts),
        throttle=Throttle(monotonic=parts.monotonic),
        tickets=Tickets(monotonic=parts.monotonic),
        codes=CodesToCopy(monotonic=parts.monotonic),
    )


def posted() -> Form:
    """Read the form that was posted; one that comes from another site's page is refused. Raises Shown."""
    origin = request.headers.get("Origin")
    # Browsers send it with every post (Fetch section 3.1); what is no browser need not.
    if origin is not None and origin != request.host_url.rstrip("/"):
        raise Stale
    try:
        return form_of(request, FIELDS)
    except BadParameter as error:
        raise Shown("This form cannot be read", str(error), error="invalid_request") from error


def subject() -> str:
    """Say what a form on this page is about: exactly the URL that was asked for."""
    return f"{request.path}?{request.query_string.decode('latin-1')}"
