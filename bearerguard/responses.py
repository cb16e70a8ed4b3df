"""Turn a refusal or a failure into the answer that goes out (RFC 6750 section 3).

The only place where an error becomes HTTP, and where WWW-Authenticate is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bearerguard.errors import Refusal, Unavailable
from bearerguard.wire.fields import is_plain_quotable
from bearerguard.wire.scope import dump_scopes

JSON = "application/json"

# Refusals are few and many requests get each, above all when something is down; kept as they go out.
KEPT_ANSWERS = 256

Fields = tuple[tuple[str, str], ...]

Rendering = Mapping[str, Any] | tuple[str, bytes] | None
RenderRefusal = Callable[[Refusal | Unavailable], Rendering]
"""`render_refusal`: a mapping becomes the JSON body, `(content_type, body)` is sent as it is, None is
the usual body. Status and challenge stay ours."""

_QUOTED_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response; header names are lower-case."""

    status: int
    headers: Fields
    body: bytes


def respond(
    error: Refusal | Unavailable,
    *,
    challenges: Iterable[str] = (),
    method: str = "GET",
    render: RenderRefusal | None = None,
) -> Answer:
    """Answer a request that may not pass; `challenges` go out with a refusal, never with a failure."""
    said: Fields
    if isinstance(error, Unavailable):
        said = (("retry-after", str(error.retry_after_seconds)),)
    else:
        said = tuple(("www-authenticate", challenge) for challenge in challenges)
    rendering = None if render is None else render(error)
    if rendering is not None:
        return _answer(error.status, said, *_content_of(rendering), is_head=method == "HEAD")
    scopes = error.scopes if isinstance(error, Refusal) else ()
    return _usual_answer(error.status, said, error.error, error.description, scopes, method == "HEAD")


@lru_cache(maxsize=KEPT_ANSWERS)
def _usual_answer(
    status: int, said: Fields, error: str | None, description: str, scopes: tuple[str, ...], is_head: bool
) -> Answer:
    members = {} if error is None else {"error": error, "error_description": description}
    if error is not None and scopes:
        members["scope"] = dump_scopes(scopes)
    return _answer(status, said, *_content_of(members), is_head=is_head)


def _answer(status: int, said: Fields, content_type: str, body: bytes, *, is_head: bool) -> Answer:
    described = (("content-type", content_type),) if body else ()
    length = (("content-length", str(len(body))),)
    headers = (("cache-control", "no-store"), *said, *described, *length)
    return Answer(status, headers, b"" if is_head else body)


def _content_of(rendering: object) -> tuple[str, bytes]:
    if isinstance(rendering, Mapping):
        return JSON, json.dumps(rendering, separators=(",", ":")).encode("ascii") if rendering else b""
    match rendering:
        case (str() as content_type, bytes() as body) if is_plain_quotable(content_type):
            return content_type, body
    raise TypeError("render_refusal must give a mapping, (content type, bytes) or None")


def names_scheme(challenges: Iterable[str], scheme: str) -> bool:
    """Tell whether one of these WWW-Authenticate values already challenges for a scheme."""
    pattern = re.compile(rf"(?:^|,)\s*+{re.escape(scheme)}(?:\s|,|$)", re.IGNORECASE)
    return any(pattern.search(_QUOTED_STRING.sub("", value)) for value in challenges)


def private(cache_control: str | None) -> str:
    """Make a Cache-Control private, unless it is stricter already (RFC 6750 section 2.3)."""
    directives = [one.strip() for one in (cache_control or "").split(",") if one.strip()]
    names = {one.partition("=")[0].strip().lower() for one in directives}
    # `private="field"` covers only that field, so it does not count.
    is_strict = "no-store" in names or "private" in (one.lower() for one in directives)
    if cache_control is not None and is_strict and "public" not in names:
        return cache_control
    kept = [one for one in directives if one.lower() not in ("public", "private")]
    return ", ".join([*kept, "private"])
