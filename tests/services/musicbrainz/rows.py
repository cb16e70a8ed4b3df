"""A row of the parity table: a request, and the answer that both edges give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.services.musicbrainz.edges import XML, metadata, problem

HELP = "See https://musicbrainz.org/doc/MusicBrainz_API"
MBID = "5b11f4ce-a62d-471e-81fc-a69a8278c7da"
SUBMITTED = "c9a5d4b3-0e3b-4e55-8a5a-3b1f6c8d0a11"  # what anybody may read is kept for this one
OK = metadata("<message><text>OK</text></message>")
EMPTY = metadata("").replace("></metadata>", " />")
SUBMIT = {"content-type": "application/xml; charset=UTF-8"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
NAMESPACE = "http://musicbrainz.org/ns/mmd-2.0#"
RATING = f"/ws/2/rating?entity=recording&id={MBID}"
TAG = f"/ws/2/tag?entity=artist&id={MBID}"
WRONG_TYPE = "This type of entity cannot have that."


@dataclass(frozen=True, slots=True)
class Row:
    """A request, and what comes of it; `scopes` are those of a token in the Authorization field."""

    request: str
    status: int
    body: str
    scopes: str | None = None
    content_type: str = XML
    challenges: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    subject: str | None = "eve"
    allow: str | None = None


def entities(kind: str, inside: str, mbid: str = MBID) -> bytes:
    """A submission for one entity."""
    listed = f'<{kind}-list><{kind} id="{mbid}">{inside}</{kind}></{kind}-list>'
    return f'<metadata xmlns="{NAMESPACE}">{listed}</metadata>'.encode()


def tag(name: str, vote: str = "") -> bytes:
    return entities(
        "artist", f"<user-tag-list><user-tag{vote}><name>{name}</name></user-tag></user-tag-list>"
    )


def rating(value: str) -> bytes:
    return entities("recording", f"<user-rating>{value}</user-rating>")


def submitted(
    path: str, scope: str, content: bytes, status: int = 200, text: str = "", query: str = "?client=t-1"
) -> Row:
    body = problem(text) if text else OK
    return Row(f"POST /ws/2/{path}{query}", status, body, scope, headers=SUBMIT, content=content)


def said(**members: str) -> str:
    """A small JSON body."""
    return json.dumps(members, separators=(",", ":"))
