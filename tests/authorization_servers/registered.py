"""Who is known to every authorization server of this suite: applications, our own API, and one user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

RESOURCE = "https://api.example.org"
OTHER_RESOURCE = "https://other.example.org"
SCOPES = ("tag", "rating", "introspection")
CALLBACK = "https://web.example.org/callback"
USER, PASSWORD = "alice", "wonderland"
LIFETIME_SECONDS = 3600
BRIEF_SECONDS = 2  # the shortest that leaves a second to use it in: instants are whole seconds


@dataclass(frozen=True, slots=True)
class Client:
    """An application, or an API that asks about tokens; `grant` is how it gets tokens of its own."""

    client_id: str
    secret: str
    grant: str = "client_credentials"

    @property
    def pair(self) -> tuple[str, str]:
        return self.client_id, self.secret


REPORTS = Client("reports", "secret-of-reports")
BRIEF = Client("brief", "secret-of-brief")  # its tokens live for BRIEF_SECONDS
PHONE = Client("phone", "secret-of-phone", "password")
WEB = Client("web", "secret-of-web", "authorization_code")
OPAQUE = Client("opaque", "secret-of-opaque")  # its tokens are opaque where those of others are signed
# A secret that arrives only where both sides agree on how the parts of basic are encoded.
API = Client("api", "100%/a+b:c&d=%2F")
SPACED_API = Client("spaced-api", "two words")
STRANGER = Client("stranger", "secret-of-stranger")  # may not ask about tokens, where a server minds

CLIENTS = (REPORTS, BRIEF, PHONE, WEB, OPAQUE, API, SPACED_API, STRANGER)


def lifetime_seconds(client_id: str) -> int:
    """How long the tokens of an application live."""
    return BRIEF_SECONDS if client_id == BRIEF.client_id else LIFETIME_SECONDS


def described() -> Mapping[str, Any]:
    """Give all of it, for a server that is not in Python."""
    return {
        "clients": [asdict(one) for one in CLIENTS if one is not PHONE],  # whose grant it does not know
        "api": API.client_id,
        "opaque": OPAQUE.client_id,
        "resource": RESOURCE,
        "callback": CALLBACK,
        "scopes": "tag rating",
        "user": USER,
        "lifetime_seconds": LIFETIME_SECONDS,
    }
