"""What the members of an account may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from accounts.problems import Problem

MAX_NAME_CHARACTERS = 64  # it has to fit on an invoice
MAX_EMAIL_CHARACTERS = 254  # RFC 5321 section 4.5.3.1.3
MAX_URL_CHARACTERS = 2_000
MAX_HOST_CHARACTERS = 253  # RFC 1035 section 2.3.4

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")  # no address: the last label begins with a letter
_LOCAL_PART = re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}")
_PLAIN = re.compile(r"[\x21-\x5b\x5d-\x7e]+")  # printable ASCII without a backslash


def checked(given: dict[str, Any], *, needs_name: bool = False) -> dict[str, str | None]:
    """Give what a request sets. Raises Problem (422) that names every member that will not do."""
    wrong = {
        name: rule for name, (is_good, rule) in _RULES.items() if name in given and not is_good(given[name])
    }
    if needs_name and "display_name" not in given:
        wrong["display_name"] = _RULES["display_name"][1]
    if wrong or not given.keys() <= _RULES.keys():
        raise Problem(
            422,
            "invalid_account",
            f"An account has {', '.join(_RULES)}, and nothing else that can be set.",
            members=wrong,
        )
    return given


def _is_name(value: Any) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_NAME_CHARACTERS
        and value.isprintable()
        and value == value.strip()
    )


def _is_email(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, str) or len(value) > MAX_EMAIL_CHARACTERS:
        return False
    local_part, _, host = value.rpartition("@")  # nothing is sent there yet, so a glance is enough
    return bool(_LOCAL_PART.fullmatch(local_part)) and _is_host(host.lower())


def _is_webhook(value: Any) -> bool:
    """Does not: know where the name leads. Who calls it must look again, or reach into our own network."""
    if value is None:
        return True
    if not isinstance(value, str) or len(value) > MAX_URL_CHARACTERS or not _PLAIN.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme == "https" and "#" not in value and _is_host(parts.netloc.lower())


def _is_host(name: str) -> bool:
    return len(name) <= MAX_HOST_CHARACTERS and _HOST.fullmatch(name) is not None


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "display_name": (
        _is_name,
        f"1 to {MAX_NAME_CHARACTERS} printable characters, without spaces at its ends",
    ),
    "contact_email": (_is_email, "an address such as ada@example.org, or null"),
    "webhook_url": (
        _is_webhook,
        "an https URL with a host by name, without a user, a port and a fragment, or null",
    ),
}
