"""Revoke tokens by ID or by the token itself, which may be a JWT that somebody else has issued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click

from bearerguard.checks import is_number
from bearerguard.cli.options import read_token, the_one
from bearerguard.stores import FIRST_IMPOSSIBLE_INSTANT, TokenAdministration, TokenRecord, digest_of
from bearerguard.stores.revocations import (
    MARGIN_SECONDS,
    is_revocation,
    key_of_token,
    revocation_of_token,
)
from bearerguard.wire.json import parse_object
from bearerguard.wire.jws import parse_compact

Work = Callable[[], bool]


def find_presented(store: TokenAdministration, token: str) -> TokenRecord:
    """Find the record of a token or, of another's, that of its revocation. Raises ClickException."""
    revocation = store.find(key_of_token(token.encode("utf-8", "surrogateescape")))
    return the_one(store, digest_of(token).hex()) if revocation is None else revocation


def revoke_each(store: TokenAdministration, which: tuple[str, ...]) -> int:
    """Revoke tokens by ID, with - the one on standard input; how many it was. Raises ClickException."""
    # All are found before the first is revoked: a typing error in the last one stops everything.
    works = [_work_on_presented(store, read_token()) if one == "-" else _work_on(store, one) for one in which]
    return sum(work() for work in works)


def _work_on(store: TokenAdministration, hex_prefix: str) -> Work:
    digest = the_one(store, hex_prefix).digest
    if is_revocation(digest):
        raise click.ClickException("this is a revocation already, and ends by itself")
    return partial(store.revoke, digest)


def _work_on_presented(store: TokenAdministration, token: str) -> Work:
    try:
        claims = parse_object(parse_compact(token.encode("ascii")).payload)
    except ValueError:  # no JWT: then it is one of ours, or nobody's
        return _work_on(store, digest_of(token).hex())
    return partial(_revoke_jwt, store, token, _expiry_of(claims))


def _revoke_jwt(store: TokenAdministration, token: str, expires_at: float | None) -> bool:
    """Revoke a JWT of somebody else, which may also have been imported; True when it was this call."""
    revocation = revocation_of_token(token, expires_at=expires_at)
    is_new = store.find(revocation.digest) is None
    store.extend(revocation)
    return store.revoke(digest_of(token)) or is_new


def _expiry_of(claims: Mapping[str, Any]) -> float | None:
    """Say until when such a token can be good; None where that is not to be told."""
    exp: Any = claims.get("exp")
    is_instant = is_number(exp) and 0 <= exp < FIRST_IMPOSSIBLE_INSTANT - MARGIN_SECONDS
    return exp if is_instant else None
