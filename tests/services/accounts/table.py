"""Requests in their order, and what each edge answers."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from tests.support import BAD_TOKEN

JSON = {"Content-Type": "application/json"}
BARE = 'Bearer realm="accounts"'
BAD = f'{BARE}, error="invalid_token", error_description="{BAD_TOKEN}"'
LACKING = "The access token does not carry the scope that this needs."
NAMESAKE = "robot-0001"  # an application's client_id, and what a user has called himself
# What a holder may do: the client, the user, the scopes.
TOKENS: dict[str, tuple[str, str | None, str]] = {
    "robot": (NAMESAKE, None, "account:write"),
    "robot reading": (NAMESAKE, None, "account:read"),
    "robot without scopes": (NAMESAKE, None, ""),
    "alice": ("app", "alice", "account:write"),
    "alice reading": ("app", "alice", "account:read"),
    "namesake": ("app", NAMESAKE, "account:write"),
    "namesake by the robot": (NAMESAKE, NAMESAKE, "account:write"),
    "prefixed namesake": ("app", f"client:{NAMESAKE}", "account:write"),
}
ROBOT = {
    "holder": {"kind": "application", "name": NAMESAKE},
    "display_name": "Parcel robot",
    "contact_email": None,
    "webhook_url": None,
    "has_webhook_secret": False,
}
CHANGED = {
    **ROBOT,
    "contact_email": "ops@robot.example.org",
    "webhook_url": "https://hooks.example.org/in?a=1",
}
ALICE = {**ROBOT, "holder": {"kind": "user", "name": "alice"}, "display_name": "Alice"}
OTHER = {**ROBOT, "holder": {"kind": "user", "name": NAMESAKE}, "display_name": "Not a robot"}
NAME = "1 to 64 printable characters, without spaces at its ends"
EMAIL = "an address such as ada@example.org, or null"
WEBHOOK = "an https URL with a host by name, without a user, a port and a fragment, or null"
HOOKS = "https://hooks.example.org"
NO_WEBHOOKS = f"""
hooks.example.org http://hooks.example.org/ https://localhost/ https://127.0.0.1/ https://127.1/ https://[::1/
https://0x7f.0x1/ https://[::1]/ {HOOKS}:444/ {HOOKS}./ https://a@hooks.example.org/ {HOOKS}/#x
{HOOKS}\\@other.example/
"""
SECRET = object()  # a body that differs each time


@dataclass(frozen=True)
class Row:
    """One request, and its answer; `challenge` None: there is none."""

    request: str
    holder: str | None
    status: int
    content: Any = None
    _: KW_ONLY
    body: bytes | dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    challenge: str | None = None
    allow: str | None = None

    @property
    def name(self) -> str:
        return f"{self.holder or 'nobody'}: {self.request} {str(self.body or '')[:40]}"


def error(name: str, description: str, **more: Any) -> dict[str, Any]:
    return {"error": name, "error_description": description, **more}


def invalid(**members: str) -> dict[str, Any]:
    description = "An account has display_name, contact_email, webhook_url, and nothing else that can be set."
    return error("invalid_account", description, members=members)


def lacks(scope: str) -> dict[str, Any]:
    """The answer of the guard, which names the route's scope and no other that would do."""
    challenge = f'{BARE}, error="insufficient_scope", error_description="{LACKING}", scope="{scope}"'
    return {"content": error("insufficient_scope", LACKING, scope=scope), "challenge": challenge}


NO_ACCOUNT = error("no_account", "There is no account yet: open one.")
EXISTS = error("account_exists", "There is an account already: change it.")
APPLICATIONS_ONLY = error("applications_only", "Only applications may do this, whatever the scopes.")
USERS_ONLY = error("users_only", "Only users may do this, whatever the scopes.")
NO_OBJECT = error("invalid_json", "The body must be one JSON object, each of its members once.")
NO_JSON = error("unsupported_media_type", "Send application/json.")
NOT_FOUND = error("not_found", "There is nothing at this path.")
WRONG_METHOD = error("method_not_allowed", "This path does not know the method; see Allow.")
TOO_LARGE = error("too_large", "The body is too large.")

GET, POST, PATCH, DELETE = (f"{method} /v1/account" for method in ("GET", "POST", "PATCH", "DELETE"))
ROTATE = "POST /v1/account/webhook-secret"

TOKENS_ROWS = [
    Row(GET, None, 401, challenge=BARE),
    Row(GET, "unknown", 401, error("invalid_token", BAD_TOKEN), challenge=BAD),
    Row(GET, "robot without scopes", 403, **lacks("account:read")),
    Row(POST, "robot reading", 403, **lacks("account:write"), body={"display_name": "x"}),
    Row(PATCH, "robot reading", 403, **lacks("account:write"), body=b"{"),
    Row(DELETE, "alice reading", 403, **lacks("account:write")),
    Row(ROTATE, "robot reading", 403, **lacks("account:write")),
]
APPLICATION_ROWS = [
    Row(GET, "robot", 404, NO_ACCOUNT),
    Row(PATCH, "robot", 404, NO_ACCOUNT, body={}),
    Row(ROTATE, "robot", 404, NO_ACCOUNT),
    Row(POST, "robot", 422, invalid(display_name=NAME), body={}),
    Row(POST, "robot", 201, ROBOT, body={"display_name": "Parcel robot"}),
    Row(POST, "robot", 409, EXISTS, body={"display_name": "Parcel robot"}),
    Row(GET, "robot", 200, ROBOT),  # who may write may read
    Row(GET, "robot reading", 200, ROBOT),
    Row("HEAD /v1/account", "robot", 200),
    Row(ROTATE, "robot", 409, error("no_webhook", "There is no webhook_url that a secret could be for.")),
    Row(
        PATCH, "robot", 200, CHANGED, body={name: CHANGED[name] for name in ("contact_email", "webhook_url")}
    ),
    Row(PATCH, "robot", 200, CHANGED, body={}),
    Row(ROTATE, "robot", 201, SECRET),
    Row(ROTATE, "robot", 201, SECRET),
    Row(GET, "robot", 200, {**CHANGED, "has_webhook_secret": True}),
    Row(PATCH, "robot", 200, {**CHANGED, "webhook_url": None}, body={"webhook_url": None}),
    Row(DELETE, "robot", 403, USERS_ONLY),
    Row(PATCH, "robot", 200, ROBOT, body={"contact_email": None}),
]
USER_ROWS = [
    Row(GET, "alice", 404, NO_ACCOUNT),
    Row(POST, "alice", 201, ALICE, body={"display_name": "Alice"}),
    Row(ROTATE, "alice", 403, APPLICATIONS_ONLY),
    # Whoever is called like an application gets his own account and never that of the application.
    Row(GET, "namesake", 404, NO_ACCOUNT),
    Row(GET, "namesake by the robot", 404, NO_ACCOUNT),
    Row(GET, "prefixed namesake", 404, NO_ACCOUNT),
    Row(POST, "namesake by the robot", 201, OTHER, body={"display_name": "Not a robot"}),
    Row(GET, "namesake", 200, OTHER),
    Row(GET, "robot", 200, ROBOT),
    Row(ROTATE, "namesake by the robot", 403, APPLICATIONS_ONLY),
    Row(DELETE, "namesake by the robot", 204),
    Row(GET, "namesake", 404, NO_ACCOUNT),
    Row(DELETE, "namesake", 404, NO_ACCOUNT),
    Row(GET, "robot", 200, ROBOT),
    Row(GET, "alice reading", 200, ALICE),
    Row(DELETE, "alice", 204),
    Row(GET, "alice", 404, NO_ACCOUNT),
]
BODY_ROWS = [
    *(
        Row(PATCH, "robot", 400, NO_OBJECT, body=body, headers=JSON)
        for body in (
            b"",
            b"{",
            b"[]",
            b'"x"',
            b"null",
            b"\xff",
            b"[" * 9_000,
            b'{"display_name":"a","display_name":"b"}',
        )
    ),
    Row(PATCH, "robot", 400, NO_OBJECT, body='{"display_name":"é"}'.encode("utf-16"), headers=JSON),
    Row(PATCH, "robot", 415, NO_JSON, body=b"display_name=x"),
    Row(PATCH, "robot", 415, NO_JSON, body=b"{}", headers={"Content-Type": "text/json"}),
    Row(PATCH, "robot", 200, ROBOT, body=b"{}", headers={"Content-Type": "Application/JSON; charset=utf-8"}),
    Row(PATCH, "robot", 413, TOO_LARGE, body=b" " * 17_000, headers=JSON),
    *(
        Row(PATCH, "robot", 422, invalid(display_name=NAME), body={"display_name": name})
        for name in (None, 5, "", " x", "x\n", "\u202ex", "\ud800", "x" * 65, ["x"])
    ),
    *(
        Row(PATCH, "robot", 422, invalid(contact_email=EMAIL), body={"contact_email": email})
        for email in (
            5,
            "",
            "ada",
            "ada@",
            "@example.org",
            "ada@example",
            "a@b@example.org",
            "a da@example.org",
        )
    ),
    Row(
        PATCH,
        "robot",
        422,
        invalid(contact_email=EMAIL),
        body={"contact_email": f"{'x' * 64}@{'x.' * 99}org"},
    ),
    *(
        Row(PATCH, "robot", 422, invalid(webhook_url=WEBHOOK), body={"webhook_url": url})
        for url in (5, "", "https://hooks.example.org/a b", f"{HOOKS}/{'x' * 2_000}", *NO_WEBHOOKS.split())
    ),
    Row(PATCH, "robot", 422, invalid(), body={"holder": {"kind": "user", "name": "alice"}}),
    Row(PATCH, "robot", 422, invalid(), body={"display_name": "Renamed", "has_webhook_secret": True}),
    Row(
        PATCH,
        "robot",
        422,
        invalid(display_name=NAME, webhook_url=WEBHOOK),
        body={"display_name": "", "webhook_url": "", "contact_email": None},
    ),
    Row(GET, "robot", 200, ROBOT),  # nothing of all that was kept
]
PATH_ROWS = [
    Row("GET /", "robot", 404, NOT_FOUND),
    Row("GET /v1/account/", "robot", 404, NOT_FOUND),
    Row("GET /v1//account", "robot", 404, NOT_FOUND),
    Row("PUT /v1/account", "robot", 405, WRONG_METHOD, allow="DELETE, GET, HEAD, PATCH, POST"),
    Row("OPTIONS /v1/account", "robot", 405, WRONG_METHOD, allow="DELETE, GET, HEAD, PATCH, POST"),
    Row("GET /v1/account/webhook-secret", "robot", 405, WRONG_METHOD, allow="POST"),
    Row("GET /", None, 401, challenge=BARE),
]
ROWS = [*TOKENS_ROWS, *APPLICATION_ROWS, *USER_ROWS, *BODY_ROWS, *PATH_ROWS]
