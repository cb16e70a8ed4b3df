"""What goes out of a guarded Django application: its answers, and ours."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from bearerguard.adapters import without_content
from bearerguard.responses import Answer, private
from bearerguard.server import ResourceServer

CHALLENGE = "WWW-Authenticate"


class RefusalResponse(HttpResponse):
    """An answer of ours, byte for byte; several challenges go out as several fields."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, status=answer.status)
        del self.headers["Content-Type"]  # Django's default, for an answer that may have no content
        self._further: list[tuple[str, str]] = []
        for name, value in answer.headers:
            if name in self.headers:
                self._further.append((name, value))
            else:
                self.headers[name] = value
        # We have logged it. Django would, for a 503, mail the whole request to the ADMINS: the token too.
        self._has_been_logged = True

    def items(self) -> Iterable[tuple[str, str]]:
        return [*self.headers.items(), *self._further]


def amend(response: HttpResponseBase, server: ResourceServer, *, query_taken: bool) -> HttpResponseBase:
    """Add our challenge to a 401, and make the answer to a query token private (RFC 6750 section 2.3)."""
    headers = response.headers
    if response.status_code == 401:
        theirs = [value for name, value in response.items() if name.lower() == CHALLENGE.lower()]
        if ours := server.challenges_beside(theirs):
            # One field: Django keeps headers in a dict. It means the same (RFC 9110 section 5.3).
            headers[CHALLENGE] = ", ".join([*theirs, *ours])
    elif query_taken and 200 <= response.status_code < 300:
        headers["Cache-Control"] = private(headers.get("Cache-Control"))
    return response


def status_and_fields(response: HttpResponseBase) -> HttpResponseBase:
    """Let nothing of a body through; whatever the view has opened is still closed."""
    bare = HttpResponse(status=response.status_code, reason=response.reason_phrase)
    del bare.headers["Content-Type"]
    for name, value in without_content(list(response.items()), response.status_code):
        bare.headers[name] = value
    bare.cookies = response.cookies
    bare._resource_closers = response._resource_closers  # type: ignore[attr-defined]
    return bare
