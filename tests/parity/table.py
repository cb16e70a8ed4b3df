"""Requests with credentials in every shape, and the one answer that every edge gives to each.

`diverges` lists the edges that answer otherwise, each for the reason in its row's `why`; nothing else may.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from bearerguard import AccessToken, Bearer, FromFunction, Unavailable
from bearerguard.request import BODY_TOO_LARGE
from bearerguard.schemes.bearer import NOT_ASCII, TOO_LONG
from bearerguard.wire import authorization, parameters
from tests.support import (
    BAD_TOKEN_CHALLENGE,
    BARE,
    FORM,
    HTTPS_NEEDED,
    START,
    TWO_WAYS,
    bad_request,
    bearer,
    server,
)

ASGI, WSGI, DJANGO_WSGI, DJANGO_ASGI = EDGES = ("asgi", "wsgi", "django under wsgi", "django under asgi")
JOINED = (
    "WSGI servers join repeated lines with a comma, and Django does under ASGI; elsewhere they are seen apart"
)

MALFORMED = bad_request(authorization.MALFORMED)
REPEATED_FIELD = bad_request(authorization.REPEATED)
REPEATED = bad_request(parameters.REPEATED)
EMPTY = bad_request(parameters.MALFORMED)
BOTH = bad_request(TWO_WAYS)
INSECURE = bad_request(HTTPS_NEEDED)

GOOD, BAD = bearer("good"), bearer("bad")
BASIC = ("Authorization", "Basic dXNlcjpzZWNyZXQ=")
PREFLIGHT = [("Origin", "https://web.example.org"), ("Access-Control-Request-Method", "PUT")]

FACTS = {
    "good": AccessToken(subject="alice", client_id="app"),
    "expired": AccessToken(subject="alice", expires_at=START),
    "early": AccessToken(subject="alice", not_before=START + 31),
    "elsewhere": AccessToken(subject="alice", audience="https://other.example.org"),
    "bound": AccessToken(subject="alice", confirmation={"jkt": "x"}),
}


def ask(token: str) -> AccessToken | None:
    if token == "outage":
        raise Unavailable("the disk is gone", 7)
    return FACTS.get(token)


@dataclass(frozen=True)
class Row:
    """One request, and the status and challenge that it gets; 200 is what the application answers."""

    name: str
    status: int
    challenge: str | None = None
    _: KW_ONLY
    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: Any = ()
    body: bytes = b""
    scheme: str = "https"
    peer: str = "10.0.0.7"
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    app_status: int = 200
    cache_control: str | None = None  # of an answer of the application's own
    diverges: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    why: str = ""

    def expected(self, edge: str) -> tuple[int, str | None]:
        return self.diverges.get(edge, (self.status, self.challenge))

    def server(self) -> Any:
        schemes = [Bearer(form=True, query=True, max_token_bytes=40, max_body_bytes=200)]
        return server(FromFunction(ask), **{"schemes": schemes, **self.settings})


def form(text: str, *headers: tuple[str, str], content_type: str = FORM[1]) -> dict[str, Any]:
    return {
        "method": "POST",
        "headers": [("Content-Type", content_type), *headers],
        "body": text.encode("utf-8"),
    }


HEADER_ROWS = [
    Row("no token", 401, BARE),
    Row("no token, HEAD", 401, BARE, method="HEAD"),
    Row("a good one", 200, headers=GOOD),
    Row("scheme in capitals, spaces", 200, headers=[("Authorization", "BEARER   good")]),
    Row("an unknown one", 401, BAD_TOKEN_CHALLENGE, headers=BAD),
    Row("expired", 401, BAD_TOKEN_CHALLENGE, headers=bearer("expired")),
    Row("not yet valid", 401, BAD_TOKEN_CHALLENGE, headers=bearer("early")),
    Row("for somebody else", 401, BAD_TOKEN_CHALLENGE, headers=bearer("elsewhere")),
    Row("bound to a key", 401, BAD_TOKEN_CHALLENGE, headers=bearer("bound")),
    Row("cannot tell", 503, None, headers=bearer("outage")),
    Row("empty", 400, MALFORMED, headers=[("Authorization", "Bearer ")]),
    Row("no b64token", 400, MALFORMED, headers=[("Authorization", 'Bearer "good"')]),
    Row("two words", 400, MALFORMED, headers=[("Authorization", "Bearer good good")]),
    Row("a tab", 400, MALFORMED, headers=[("Authorization", "Bearer\tgood")]),
    Row("too long", 400, bad_request(TOO_LONG), headers=bearer("x" * 41)),
    Row("another scheme", 401, BARE, headers=[BASIC]),
    Row(
        "another scheme beside a query token",
        200,
        headers=[BASIC],
        query="access_token=good",
        cache_control="private",
    ),
    Row(
        "two lines",
        400,
        MALFORMED,
        headers=[*GOOD, *GOOD],
        diverges={ASGI: (400, REPEATED_FIELD)},
        why=JOINED,
    ),
    Row("two lines of two schemes", 400, REPEATED_FIELD, headers=[BASIC, *GOOD]),
    Row("a field of almost that name", 401, BARE, headers=[("X-Authorization", "Bearer good")]),
    Row("a cookie", 401, BARE, headers=[("Cookie", "access_token=good")]),
]
QUERY_ROWS = [
    Row("query", 200, query="a=1&access_token=good", cache_control="private"),
    Row("query and header", 400, BOTH, headers=GOOD, query="access_token=good"),
    Row("query twice", 400, REPEATED, query="access_token=good&access_token=good"),
    Row("query, name encoded", 400, REPEATED, query="access%5Ftoken=good"),
    Row("query, empty", 400, EMPTY, query="access_token="),
    Row("query, off", 401, BARE, query="access_token=good", settings={"schemes": [Bearer()]}),
    Row(
        "query, off, beside a header",
        200,
        headers=GOOD,
        query="access_token=x",
        settings={"schemes": [Bearer()]},
    ),
]
FORM_ROWS = [
    Row("form", 200, **form("access_token=good&b=2")),
    Row("form with a charset", 200, **form("access_token=good", content_type=f"{FORM[1]}; charset=UTF-8")),
    Row("form and header", 400, BOTH, **form("access_token=good", *GOOD)),
    Row("form twice", 400, REPEATED, **form("access_token=good&access_token=good")),
    Row("form in GET", 401, BARE, **{**form("access_token=good"), "method": "GET"}),
    Row("form that is not ASCII", 400, bad_request(NOT_ASCII), **form("access_token=good&b=\u00e9")),
    Row("form that is not ASCII beside a header", 200, **form("b=\u00e9", *GOOD)),
    Row("form too large", 413, bad_request(BODY_TOO_LARGE), **form("b=" + "x" * 300)),
    Row("form too large beside a header", 200, **form("b=" + "x" * 300, *GOOD)),
    Row("form encoded", 401, BARE, **form("access_token=good", ("Content-Encoding", "gzip"))),
    Row("json", 401, BARE, **form('{"access_token":"good"}', content_type="application/json")),
]
OTHER_ROWS = [
    Row("plain http, a token", 400, INSECURE, headers=GOOD, scheme="http"),
    Row("plain http, no token", 400, INSECURE, scheme="http"),
    Row(
        "plain http ignored, a token",
        401,
        BARE,
        headers=GOOD,
        scheme="http",
        settings={"plain_http": "ignore"},
    ),
    Row("loopback", 200, headers=GOOD, scheme="http", peer="127.0.0.1", settings={"loopback_http": True}),
    Row("anonymous", 200, options={"anonymous": True}),
    Row("anonymous, a bad token", 401, BAD_TOKEN_CHALLENGE, headers=BAD, options={"anonymous": True}),
    Row("public, a bad token", 200, headers=BAD, path="/health", options={"public": ("/health",)}),
    Row("almost public", 401, BARE, path="//health", options={"public": ("/health",)}),
    Row("preflight", 200, method="OPTIONS", headers=PREFLIGHT),
    Row("preflight with a token", 401, BAD_TOKEN_CHALLENGE, method="OPTIONS", headers=[*PREFLIGHT, *BAD]),
    Row("the application's own 401", 401, BARE, headers=GOOD, app_status=401),
    Row("the application's own 404", 404, query="access_token=good", app_status=404),
]
ROWS = [*HEADER_ROWS, *QUERY_ROWS, *FORM_ROWS, *OTHER_ROWS]
