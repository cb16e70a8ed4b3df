"""Read what the tokens of other servers say in the same words, by introspection as in a JWT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bearerguard.errors import InvalidToken, Reason
from bearerguard.wire.claims import read_scopes

Claims = Mapping[str, Any]

ODD_SCOPES = "%s gives scopes in a form that is not understood, so its tokens have none: see scopes_from="


class Named(Protocol):
    """Facts that say whom a token speaks for."""

    @property
    def subject(self) -> str | None: ...

    @property
    def client_id(self) -> str | None: ...


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


def check_chosen_subject(facts: Named, claims: Claims, subject_from: str | None) -> None:
    """Refuse a user whom the guard would take for an application, where another claim than `sub` names him.

    He may have chosen an application's name there. Or nothing is there, and his `sub` says that he is a user:
    only none at all, or one that equals the client, is an application's (RFC 9068 section 2.2).
    """
    if subject_from is None or subject_from == "sub":
        return
    usual = claims.get("sub")
    is_lost = facts.subject is None and usual is not None and usual != facts.client_id
    if is_lost or (facts.subject is not None and facts.subject == facts.client_id):
        raise InvalidToken(Reason.AMBIGUOUS_SUBJECT)
