"""Read what the tokens of other servers say in the same words, by introspection as in a JWT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bearerguard.errors import InvalidToken, Reason
from bearerguard.token import AccessToken
from bearerguard.wire.claims import read_scopes

Claims = Mapping[str, Any]

ODD_SCOPES = "%s gives scopes in a form that is not understood, so its tokens have none: see scopes_from="


def find_scopes(claims: Claims, scopes_from: str | None) -> frozenset[str] | None:
    """Find the scopes in the claim of this name, a text or a list; by default in `scope`, a text.

    A missing claim is no scopes; None is one in a form that is not understood.
    """
    member = scopes_from or "scope"
    if member not in claims:
        return frozenset()
    try:
        return read_scopes(claims[member], lists=scopes_from is not None)
    except ValueError:
        return None


def check_chosen_subject(facts: AccessToken, subject_from: str | None) -> None:
    """Refuse a user who chose an application's name: to the guard that would be the application.

    Only a `sub` that equals the client is an application's own (RFC 9068 section 2.2).
    """
    is_chosen = subject_from is not None and subject_from != "sub"
    if is_chosen and facts.subject is not None and facts.subject == facts.client_id:
        raise InvalidToken(Reason.AMBIGUOUS_SUBJECT)
