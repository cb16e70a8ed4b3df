"""Refuse good tokens that were revoked before they expired: by token, `jti`, subject or application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeGuard

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, InvalidToken, Reason
from bearerguard.flow import Flow, both
from bearerguard.outage import Outage
from bearerguard.stores import Listener, TokenRecord, TokenStore
from bearerguard.stores.feed import Feed
from bearerguard.stores.revocations import (
    is_revocation,
    key_of_client,
    key_of_jti,
    key_of_subject,
    key_of_token,
)
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._around import Around
from bearerguard.verifiers._feeds import feeds_of
from bearerguard.verifiers._index import Index


class RevokedTokens(Around):
    """Around a verifier whose tokens nobody can take back, such as `JwtVerifier`: those in `store` are bad.

    Each token that `verifier` calls good is looked for in the token store: itself, its `jti`, its subject
    and its application, of which all tokens issued before an instant may be revoked; one without an `iat` is
    older than any instant. See `bearerguard.stores.revocations` for how they get there.

    Does not: cache. Inside of `Cached` a revocation counts at once in the process in which it was made,
    through the same store object, and in the others as soon as the store's feed tells it, without a feed
    after `max_age_seconds`; around `Cached` it counts at once everywhere, and each request is up to four
    look-ups. While the store cannot answer nobody can tell: Unavailable.
    """

    def __init__(self, verifier: Verifier, store: TokenStore) -> None:
        super().__init__(verifier)
        for method in ("find", "subscribe"):
            if isinstance(store, type) or not callable(getattr(store, method, None)):
                raise ConfigurationError(
                    f"RevokedTokens needs a token store, such as SqliteTokenStore(path): "
                    f"{type(store).__name__} has no {method}()"
                )
        self._store = store
        self._find = both(store, "find")
        self._outage = Outage("the store of revocations")
        self._listeners: tuple[Listener, ...] = ()
        self._index = Index()

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        known = self._verifier.recall(token)
        return known if known is None else ASK

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        known = self._verifier.recall(credentials.token)
        facts = (yield from self._verifier.verify(credentials)) if known is ASK else known
        if facts is not None:
            yield from self._check(credentials, facts)
        return facts

    def ports(self) -> Iterable[Callable[..., Any]]:
        return (*self._verifier.ports(), self._store.find)

    def feeds(self) -> Iterable[Feed]:
        return (*self._verifier.feeds(), *feeds_of(self._store))

    def subscribe(self, listener: Listener) -> None:
        self._verifier.subscribe(listener)
        if not self._listeners:
            self._store.subscribe(self._tell)
        self._listeners += (listener,)

    def _tell(self, digest: bytes | None) -> None:
        """Tell of the tokens that a revocation is about, of all where that is not known."""
        if digest is not None and not is_revocation(digest):
            return
        found = None if digest is None else self._index.find(digest)
        if found is None:
            self._index.clear()  # first: what is looked up from now on must stay in it
        for listener in self._listeners:
            for one in [None] if found is None else found:
                listener(one)

    def _check(self, credentials: Credentials, facts: AccessToken) -> Flow[None]:
        of_token, of_many = list(_keys_of_token(credentials, facts)), list(_keys_of_many(facts))
        if self._listeners:
            # Before the first look: a revocation that is made while we look is told of this token too.
            self._index.add([*of_token, *of_many], credentials.digest())
        with self._outage.watch():
            for key in of_token:
                if (yield from self._find(key)) is not None:
                    raise InvalidToken(Reason.REVOKED)
            for key in of_many:
                record = yield from self._find(key)
                if record is not None and _is_older(facts, record):
                    raise InvalidToken(Reason.REVOKED)


def _keys_of_token(credentials: Credentials, facts: AccessToken) -> Iterator[bytes]:
    yield key_of_token(credentials.token)
    jti = facts.claims.get("jti")
    if facts.issuer is not None and _is_name(jti):
        yield key_of_jti(facts.issuer, jti)


def _keys_of_many(facts: AccessToken) -> Iterator[bytes]:
    if facts.issuer is None:
        return
    # Under either name, where `subject_from` has chosen another than the issuer's own.
    for subject in dict.fromkeys((facts.subject, facts.claims.get("sub"))):
        if _is_name(subject):
            yield key_of_subject(facts.issuer, subject)
    if _is_name(facts.client_id):
        yield key_of_client(facts.issuer, facts.client_id)


def _is_name(claim: object) -> TypeGuard[str]:
    return isinstance(claim, str) and claim != ""


def _is_older(facts: AccessToken, revocation: TokenRecord) -> bool:
    return facts.issued_at is None or facts.issued_at < revocation.issued_at
