"""Who is known to every authorization server of this suite: applications, our own API, and one user."""

from __future__ import annotations

from dataclasses import dataclass

RESOURCE = "https://api.example.org"
OTHER_RESOURCE = "https://other.example.org"
SCOPES = ("tag", "rating", "introspection")
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
# A secret that arrives only where both sides agree on how the parts of basic are encoded.
API = Client("api", "100%/a+b:c&d=%2F")
SPACED_API = Client("spaced-api", "two words")
STRANGER = Client("stranger", "secret-of-stranger")  # may not ask about tokens, where a server minds

CLIENTS = (REPORTS, BRIEF, PHONE, API, SPACED_API, STRANGER)


def lifetime_seconds(client_id: str) -> int:
    """How long the tokens of an application live."""
    return BRIEF_SECONDS if client_id == BRIEF.client_id else LIFETIME_SECONDS
