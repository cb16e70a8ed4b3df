"""Verify a token by looking it up in a store of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, InvalidToken, Reason
from bearerguard.flow import Flow, both, is_async
from bearerguard.outage import Outage
from bearerguard.stores import TokenRecord, TokenStore
from bearerguard.stores.feed import Feed
from bearerguard.stores.uses import ignore_use
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._feeds import feeds_of
from bearerguard.wire.authorization import is_b64token
from bearerguard.wire.local_token import has_valid_checksum


class StoredTokens(Verifier):
    """Tokens that this resource server, or its command line, has issued itself.

    With a prefix, a token without it is somebody else's (None, and no look-up); one with it is ours,
    so a wrong checksum or an unknown token is a final no. `prefix=None` is for a store of imported
    tokens of any form: then every token is looked up, and an unknown one is None.

    Does not: cache. Wrapped in `Cached`, its max age is the delay of a revocation made elsewhere.
    """

    def __init__(self, store: TokenStore, *, prefix: str | None = "bg_") -> None:
        for method in ("find", "revoke", "subscribe"):
            if isinstance(store, type) or not callable(getattr(store, method, None)):
                raise ConfigurationError(
                    f"StoredTokens needs a token store, such as SqliteTokenStore(path): "
                    f"{type(store).__name__} has no {method}()"
                )
        if prefix is not None and (
            not isinstance(prefix, str) or not prefix.isascii() or not is_b64token(prefix.encode())
        ):
            raise ConfigurationError("StoredTokens(prefix=...) must be the beginning of a token, or None")
        self._store = store
        self._find = both(store, "find")
        self._note_use: Callable[[TokenRecord], None] = getattr(store, "note_use", ignore_use)
        if not callable(self._note_use) or is_async(self._note_use):
            raise ConfigurationError(
                f"{type(store).__name__}.note_use() must be a plain function that never waits: "
                "requests call it, on an event loop too"
            )
        self._prefix = None if prefix is None else prefix.encode("ascii")
        self._outage = Outage("the token store")
        self.final_prefix = prefix
        self.name = "stored" if prefix is None else f"stored:{prefix}"

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        if self._prefix is None:
            return ASK
        if not token.startswith(self._prefix):
            return None
        if not has_valid_checksum(token, self._prefix):
            raise InvalidToken(Reason.BAD_CHECKSUM)
        return ASK

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        if self.recall(credentials.token) is None:
            return None
        with self._outage.watch():
            record = yield from self._find(credentials.digest())
        if record is None:
            if self._prefix is None:
                return None
            raise InvalidToken(Reason.UNKNOWN)
        if record.revoked_at is not None:
            raise InvalidToken(Reason.REVOKED)
        self._note_use(record)
        return self._facts(record)

    def close(self) -> Flow[None]:
        """Let go of the store's connections; the next request opens others."""
        if hasattr(self._store, "close"):
            yield from both(self._store, "close")()

    def ports(self) -> Iterable[Callable[..., Any]]:
        return (self._store.find,)

    def feeds(self) -> Iterable[Feed]:
        return feeds_of(self._store)

    def subscribe(self, listener: Callable[[bytes | None], None]) -> None:
        self._store.subscribe(listener)

    def _facts(self, record: TokenRecord) -> AccessToken:
        return AccessToken(
            subject=record.subject,
            client_id=record.client_id,
            scopes=record.scopes,
            issued_at=record.issued_at,
            expires_at=record.expires_at,
            verifier=self.name,
        )
