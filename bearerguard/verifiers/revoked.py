"""Refuse good tokens that were revoked before they expired: by token, by `jti`, or by subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeGuard

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, InvalidToken, Reason
from bearerguard.flow import Flow, call
from bearerguard.outage import Outage
from bearerguard.stores import TokenRecord, TokenStore
from bearerguard.stores.revocations import is_revocation, key_of_jti, key_of_subject, key_of_token
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._around import Around


class RevokedTokens(Around):
    """Around a verifier whose tokens nobody can take back, such as `JwtVerifier`: those in `store` are bad.

    Each token that `verifier` calls good is looked for in the token store: itself, its `jti`, and its
    subject, of which all tokens issued before an instant may be revoked; one without an `iat` is older
    than any instant. See `bearerguard.stores.revocations` for how they get there.

    Does not: cache. Inside of `Cached` a revocation counts at once in the process in which it was made,
    through the same store object, and after `max_age_seconds` at most in the others; around `Cached` it
    counts at once everywhere, and each request is up to three look-ups. While the store cannot answer
    nobody can tell: Unavailable.
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
        self._outage = Outage("the store of revocations")

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

    def subscribe(self, listener: Callable[[bytes | None], None]) -> None:
        def tell(digest: bytes | None) -> None:
            # Whose tokens a revocation is about cannot be seen from its digest: all are looked at anew.
            if digest is None or is_revocation(digest):
                listener(None)

        self._verifier.subscribe(listener)
        self._store.subscribe(tell)

    def _check(self, credentials: Credentials, facts: AccessToken) -> Flow[None]:
        with self._outage.watch():
            for key in _keys_of_token(credentials, facts):
                if (yield from call(self._store.find, key)) is not None:
                    raise InvalidToken(Reason.REVOKED)
            for key in _keys_of_subject(facts):
                record = yield from call(self._store.find, key)
                if record is not None and _is_older(facts, record):
                    raise InvalidToken(Reason.REVOKED)


def _keys_of_token(credentials: Credentials, facts: AccessToken) -> Iterator[bytes]:
    yield key_of_token(credentials.token)
    jti = facts.claims.get("jti")
    if facts.issuer is not None and _is_name(jti):
        yield key_of_jti(facts.issuer, jti)


def _keys_of_subject(facts: AccessToken) -> Iterator[bytes]:
    # Under either name, where `subject_from` has chosen another than the issuer's own.
    for subject in dict.fromkeys((facts.subject, facts.claims.get("sub"))):
        if facts.issuer is not None and _is_name(subject):
            yield key_of_subject(facts.issuer, subject)


def _is_name(claim: object) -> TypeGuard[str]:
    return isinstance(claim, str) and claim != ""


def _is_older(facts: AccessToken, revocation: TokenRecord) -> bool:
    return facts.issued_at is None or facts.issued_at < revocation.issued_at
