"""Every refusal that a route can give, and the requests that meet it: shared by the framework tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bearerguard import AccessToken, Bearer, FromFunction, ResourceServer
from tests.support import HTTPS_NEEDED, REALM, RESOURCE, known

NEEDED = "The access token does not carry the scope that this needs."
SCOPE_CHALLENGE = (
    f'Bearer realm="api", error="insufficient_scope", error_description="{NEEDED}", scope="tag rating"'
)
SCOPE_BODY = f'{{"error":"insufficient_scope","error_description":"{NEEDED}","scope":"tag rating"}}'.encode()

TOKENS = {
    "both": AccessToken(subject="alice", client_id="app", scopes=frozenset({"tag", "rating"})),
    "tag": AccessToken(subject="alice", client_id="app", scopes=frozenset({"tag"})),
    "none": AccessToken(subject="alice", client_id="app"),
    "client": AccessToken(client_id="app", scopes=frozenset({"tag", "rating"})),
}


def resource_server(**settings: Any) -> ResourceServer:
    """A server that knows a token for each way to fall short."""
    return ResourceServer(
        **{
            "resource": RESOURCE,
            "realm": REALM,
            "verifier": FromFunction(known(**TOKENS)),
            "schemes": [Bearer(form=True, query=True)],
            **settings,
        }
    )


@dataclass(frozen=True)
class Case:
    """A request that a route which asks for "tag" and "rating" refuses, and the whole answer."""

    name: str
    status: int
    challenge: str
    body: bytes
    method: str = "GET"
    scheme: str = "https"
    headers: Mapping[str, str] = field(default_factory=dict)


def _with(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


_HTTPS_BODY = f'{{"error":"invalid_request","error_description":"{HTTPS_NEEDED}"}}'.encode()
_HTTPS_CHALLENGE = f'Bearer realm="api", error="invalid_request", error_description="{HTTPS_NEEDED}"'

CASES = [
    Case("no token", 401, 'Bearer realm="api"', b""),
    Case("no token, HEAD", 401, 'Bearer realm="api"', b"", method="HEAD"),
    Case("no token, plain http", 400, _HTTPS_CHALLENGE, _HTTPS_BODY, scheme="http"),
    Case("one scope of two", 403, SCOPE_CHALLENGE, SCOPE_BODY, headers=_with("tag")),
    Case("no scope", 403, SCOPE_CHALLENGE, SCOPE_BODY, headers=_with("none")),
    Case("one scope of two, HEAD", 403, SCOPE_CHALLENGE, b"", method="HEAD", headers=_with("tag")),
]


def expected_fields(case: Case) -> list[tuple[bytes, bytes]]:
    """The header fields of the middleware's own answer, in its order."""
    lengths = {401: 0, 400: len(_HTTPS_BODY), 403: len(SCOPE_BODY)}
    fields = [("cache-control", "no-store"), ("www-authenticate", case.challenge)]
    if lengths[case.status]:
        fields.append(("content-type", "application/json"))
    fields.append(("content-length", str(lengths[case.status])))
    return [(name.encode(), value.encode()) for name, value in fields]
