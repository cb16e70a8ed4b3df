"""What a row of the table is, and the words that many rows share."""

from __future__ import annotations

import json
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

EVERYTHING = "everything"
TOKENS: dict[str, tuple[str | None, str]] = {
    # a token's name: its user, and its scopes
    EVERYTHING: (
        "alice",
        "user-read-private user-read-email user-library-read user-library-modify user-top-read "
        "user-read-playback-state user-modify-playback-state playlist-read-private "
        "playlist-read-collaborative playlist-modify-public playlist-modify-private",
    ),
    "profile": ("alice", "user-read-private"),
    "public only": ("alice", "playlist-modify-public"),
    "private only": ("alice", "playlist-modify-private"),
    "playing only": ("alice", "user-read-currently-playing"),
    "no scope": ("alice", ""),
    "lists": ("alice", "playlist-read-private"),
    "somebody else": ("bob", "playlist-read-private playlist-modify-public playlist-modify-private"),
    "application": (None, ""),
    "application with scopes": (None, "user-read-private playlist-modify-public"),
}
BARE = 'Bearer realm="spotify"'
BAD_TOKEN = (
    f'{BARE}, error="invalid_token", '
    'error_description="The access token is expired, revoked, malformed or not valid here."'
)
MALFORMED = "The Authorization field is malformed: it must be the word Bearer, a space and one token."
USER_NEEDED = "This belongs to a user: a token of the application alone cannot reach it."
NO_SUCH = "There is nothing with this id."
FEW_TRACKS = "Name 1 to 50 tracks."
ENTERTAINER = "track00000000000000002"
RAG = "track00000000000000001"
FIRST, SECOND, THIRD = (f"playlist{at:014}" for at in (1, 2, 3))
THIRD_TRACK = "track00000000000000003"
MANY = ",".join([RAG] * 51)


def lacking(*scopes: str) -> str:
    """The challenge of a token without the scope for a route."""
    return (
        f'{BARE}, error="insufficient_scope", error_description="The access token does not carry '
        f'the scope that this needs.", scope="{" ".join(scopes)}"'
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One request; `message` is that of an error, `content` is what the body contains otherwise."""

    request: str
    holder: str | None
    status: int
    _: KW_ONLY
    message: str | None = None
    content: dict[str, Any] | list[Any] | None = None
    challenge: str | None = None
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.request[:60]}, {self.holder or 'no token'}: {self.status}"


def sent(value: Any) -> bytes:
    return json.dumps(value).encode()


def lack(request: str, holder: str, *scopes: str, body: bytes = b"") -> Row:
    """A token that does not reach this far."""
    said = f"The access token does not have the scope for this: {' or '.join(scopes)}."
    return Row(request, holder, 403, message=said, challenge=lacking(*scopes), body=body)


def bad(request: str, status: int, message: str, body: bytes = b"", holder: str = EVERYTHING) -> Row:
    """A good token, and a request that cannot be answered."""
    return Row(request, holder, status, message=message, body=body)
