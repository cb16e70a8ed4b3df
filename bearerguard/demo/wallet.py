"""The demo's tokens: local ones in the store, and those that the authorization server knows."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bearerguard.demo.catalogue import SCOPES
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore

RESOURCE = "https://musicbrainz.example"
LIFETIME_SECONDS = 86_400.0
COMMAND_SECONDS = 30.0  # for a machine that is busy with other things


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """The tokens; throw-away ones, but even so nothing shows them by accident."""

    alice: str = field(repr=False)  # every scope
    bob: str = field(repr=False)  # profile and tag
    carol: str = field(repr=False)  # to be revoked
    dave: str = field(repr=False)  # not shown to anybody before the store is gone
    importer: str = field(repr=False)  # an application's own, without a user
    expired: str = field(repr=False)
    unknown: str = field(repr=False)
    burnt: tuple[str, str] = field(repr=False)  # one for each service, to be sent in clear
    ivan: str = field(repr=False)  # not shown to anybody before the authorization server is gone
    grace: str = field(repr=False)  # the authorization server's, as are the next two
    heidi: str = field(repr=False)  # not shown to anybody before the store is gone
    inactive: str = field(repr=False)


def command(*arguments: str) -> str:
    """Run the command `bearerguard` in a process of its own, and give what it printed."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bearerguard", *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    ).stdout.strip()


def fill(store_file: Path) -> Wallet:
    """Issue the tokens: the first with the command, as people do, the others through the store."""
    to_alice = ("--user", "alice", "--client", "picard", "--scope", " ".join(SCOPES), "--expires", "1d")
    alice = command("token", "issue", "--store", str(store_file), *to_alice)
    store = SqliteTokenStore(store_file)

    def kept(subject: str | None, scopes: Iterable[str], *, age_seconds: float = 0.0) -> str:
        token, record = issue(
            subject=subject,
            client_id="picard" if subject else "importer",
            scopes=scopes,
            lifetime_seconds=LIFETIME_SECONDS,
            now=lambda: time.time() - age_seconds,
        )
        store.add(record)
        return token

    wallet = Wallet(
        alice=alice,
        bob=kept("bob", ("profile", "tag")),
        carol=kept("carol", ("profile",)),
        dave=kept("dave", ("profile",)),
        importer=kept(None, ("submit_barcode", "collection")),
        expired=kept("frank", SCOPES, age_seconds=LIFETIME_SECONDS + 1),
        unknown=issue(subject="alice", scopes=SCOPES)[0],
        burnt=(kept("erin", ("profile",)), kept("erin", ("profile",))),
        ivan=kept("ivan", ("profile",)),
        grace=_remote_token(),
        heidi=_remote_token(),
        inactive=_remote_token(),
    )
    store.close()
    return wallet


def known_remotely(wallet: Wallet) -> Mapping[str, Mapping[str, Any]]:
    """Give the tokens that the authorization server knows, and what it says of them (RFC 7662)."""
    said = {"scope": "profile", "client_id": "picard", "token_type": "Bearer", "aud": RESOURCE}
    expires_at = int(time.time() + LIFETIME_SECONDS)
    return {
        token: {**said, "sub": subject, "exp": expires_at}
        for token, subject in ((wallet.grace, "grace"), (wallet.heidi, "heidi"))
    }


def _remote_token() -> str:
    return f"as_{secrets.token_urlsafe()}"
