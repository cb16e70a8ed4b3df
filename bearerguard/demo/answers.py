"""Send one request, and keep what came back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

_ERROR_CODE = re.compile(r'\berror="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered; status 0 and `failure` where no answer came."""

    status: int
    fields: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    milliseconds: float = 0.0
    failure: str = ""

    @property
    def challenge(self) -> str | None:
        return self.fields.get("www-authenticate")

    @property
    def members(self) -> Mapping[str, Any]:
        """The body as a JSON object, empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def error_code(challenge: str) -> str | None:
    """Give the error code of a challenge (RFC 6750 section 3.1)."""
    match = _ERROR_CODE.search(challenge)
    return match[1] if match else None


def ask(
    client: httpx.Client,
    method: str,
    path: str,
    token: str | None = None,
    *,
    form: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request, with the token in the Authorization field if there is one."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    began_at = time.perf_counter()
    try:
        response = client.request(method, path, headers=headers, data=form, params=query)
    except httpx.HTTPError as error:
        return Answer(0, failure=type(error).__name__, milliseconds=_since(began_at))
    return Answer(response.status_code, response.headers, response.content, _since(began_at))


def _since(began_at: float) -> float:
    return (time.perf_counter() - began_at) * 1_000
