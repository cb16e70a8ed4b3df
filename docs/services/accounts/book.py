"""The accounts, and what can be done with one; in memory, gone when the process ends."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from accounts.holders import Holder
from accounts.members import checked
from accounts.problems import Problem

WEBHOOK_SECRET_BYTES = 32  # as long as the SHA-256 that it will key


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is known about an application or a user."""

    holder: Holder
    display_name: str
    contact_email: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)

    def content(self) -> dict[str, Any]:
        """Give what its holder may see; the secret is shown once, by `rotate_webhook_secret`."""
        return {
            "holder": {"kind": self.holder.kind, "name": self.holder.name},
            "display_name": self.display_name,
            "contact_email": self.contact_email,
            "webhook_url": self.webhook_url,
            "has_webhook_secret": self.webhook_secret is not None,
        }


class Book:
    """All accounts, one a holder. A method either does all that it is asked for, or raises Problem."""

    def __init__(self) -> None:
        self._accounts: dict[Holder, Account] = {}
        self._lock = Lock()

    def open(self, holder: Holder, given: dict[str, Any]) -> dict[str, Any]:
        """Open the holder's account; there may be none yet (409)."""
        members = checked(given, needs_name=True)
        with self._lock:
            if holder in self._accounts:
                raise Problem(409, "account_exists", "There is an account already: change it.")
            return self._keep(Account(holder=holder, **members)).content()  # type: ignore[arg-type]

    def read(self, holder: Holder) -> dict[str, Any]:
        with self._lock:
            return self._find(holder).content()

    def change(self, holder: Holder, given: dict[str, Any]) -> dict[str, Any]:
        """Set what is given and leave the rest; without a webhook there is no secret either."""
        members = checked(given)
        with self._lock:
            account = replace(self._find(holder), **members)  # type: ignore[arg-type]
            if account.webhook_url is None:
                account = replace(account, webhook_secret=None)
            return self._keep(account).content()

    def rotate_webhook_secret(self, holder: Holder) -> dict[str, Any]:
        """Make a new secret for an application's webhook (409 without one), and show it this once."""
        holder.must_be("application")
        with self._lock:
            account = self._find(holder)
            if account.webhook_url is None:
                raise Problem(409, "no_webhook", "There is no webhook_url that a secret could be for.")
            secret = f"whsec_{secrets.token_urlsafe(WEBHOOK_SECRET_BYTES)}"
            self._keep(replace(account, webhook_secret=secret))
        return {"webhook_secret": secret}

    def close(self, holder: Holder) -> None:
        """Close a user's account. An application's is closed by the people who answer for it, elsewhere."""
        holder.must_be("user")
        with self._lock:
            self._find(holder)
            del self._accounts[holder]

    def _find(self, holder: Holder) -> Account:
        if holder not in self._accounts:
            raise Problem(404, "no_account", "There is no account yet: open one.")
        return self._accounts[holder]

    def _keep(self, account: Account) -> Account:
        self._accounts[account.holder] = account
        return account
