"""Read a body that is one JSON object, and write one."""

from __future__ import annotations

import json
from typing import Any

from accounts.problems import Problem

MAX_BODY_BYTES = 16 * 1024  # an account is a few hundred bytes


def parse(content_type: str, body: bytes) -> dict[str, Any]:
    """Read an object. Raises Problem for another type (415), and for what is no object (400)."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "unsupported_media_type", "Send application/json.")
    try:
        content = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Problem(400, "invalid_json", "The body must be one JSON object, each of its members once.")
    return content


def dump(content: dict[str, Any]) -> bytes:
    """Write an object."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(members)
    if len(content) < len(members):
        raise ValueError("a member is repeated")
    return content
