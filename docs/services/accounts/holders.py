"""Say whose account a token opens: that of an application, or that of a user (RFC 6749 section 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from accounts.problems import Problem
from bearerguard import Authentication


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has an account. The kind is a part of the key: an application and a user may have one name."""

    kind: Literal["application", "user"]
    name: str

    def must_be(self, kind: Literal["application", "user"]) -> None:
        """Refuse the other kind; no scope would help, so this is not a matter of scopes."""
        if self.kind != kind:
            raise Problem(403, f"{kind}s_only", f"Only {kind}s may do this, whatever the scopes.")


def holder_of(found: Authentication | None) -> Holder:
    """Tell whose account it is.

    Our authorization server gives an application that speaks for itself a token without a subject, so
    whoever has a subject is a user: also one who has taken the name of an application, even of the one
    that the token was given to.
    """
    if found is not None and found.subject is not None:
        return Holder("user", found.subject)
    if found is not None and found.client_id is not None:
        return Holder("application", found.client_id)
    raise Problem(403, "nobody", "The access token names neither a user nor an application.")
