"""The answers, and the three shapes that they go out in: XML, its JSON, and the JSON of OAuth.

A client of /ws/2 reads an error as `<error><text>` or `{"error", "help"}`; one of /oauth2 reads
`{"error", "error_description"}` (RFC 6749 section 5.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element

from bearerguard import Refusal, Unavailable
from musicbrainz import mmd

HELP = "See https://musicbrainz.org/doc/MusicBrainz_API"
XML_TYPE = "application/xml; charset=utf-8"
JSON_TYPE = "application/json; charset=utf-8"

Content = tuple[str, bytes]


class Shape(Enum):
    XML = "xml"
    JSON = "json"
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True)
class Reply:
    """What was asked for: as JSON, and as XML where the place has one."""

    members: Mapping[str, object]
    xml: Element | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why it is not given; `challenge` goes into WWW-Authenticate, before the guard's own."""

    status: int
    text: str
    code: str = "invalid_request"
    challenge: str | None = None


def shape_of(path: str, query: str, accept: str) -> Shape:
    """Say what a client wants to read: by the path, then `fmt=`, then the Accept field."""
    if not path.startswith("/ws/2/"):
        return Shape.OAUTH
    wanted = parse_qs(query).get("fmt", [""])[0]
    if wanted in ("xml", "json"):
        return Shape(wanted)
    return Shape.JSON if "application/json" in accept else Shape.XML


def content_of(answer: Reply | Problem, shape: Shape) -> Content:
    """Give the media type and the bytes."""
    if isinstance(answer, Problem):
        return _problem_as(answer, shape)
    if shape is Shape.XML and answer.xml is not None:
        return XML_TYPE, mmd.dump(answer.xml)
    return JSON_TYPE, _dump(answer.members)


def fields_of(answer: Reply | Problem) -> dict[str, str]:
    """Give the header fields besides Content-Type: what belongs to a user is kept by nobody else."""
    fields = {"cache-control": "no-store"}
    if isinstance(answer, Problem) and answer.challenge is not None:
        fields["www-authenticate"] = answer.challenge
    return fields


def problem_of(error: Refusal | Unavailable) -> Problem:
    """Put what the guard says into our words' place."""
    return Problem(error.status, error.description, error.error or "invalid_request")


def _problem_as(problem: Problem, shape: Shape) -> Content:
    if shape is Shape.OAUTH:
        return JSON_TYPE, _dump({"error": problem.code, "error_description": problem.text})
    if shape is Shape.JSON:
        return JSON_TYPE, _dump({"error": problem.text, "help": HELP})
    root = Element("error")
    for text in (problem.text, HELP):
        mmd.add(root, "text", text)
    return XML_TYPE, mmd.dump(root)


def _dump(members: Mapping[str, object]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode("ascii")
