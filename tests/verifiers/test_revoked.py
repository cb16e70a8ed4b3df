"""Good tokens that were revoked before they expired: by token, `jti`, subject, application."""

from __future__ import annotations

import logging
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    ConfigurationError,
    FirstMatch,
    FromFunction,
    InvalidToken,
    RevokedTokens,
    StoredTokens,
    Unavailable,
)
from bearerguard.flow import run
from bearerguard.stores import TokenRecord, digest_of
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.revocations import (
    revocation_of_client,
    revocation_of_jti,
    revocation_of_subject,
    revocation_of_token,
)
from bearerguard.verifiers import ASK
from tests.signing import ISSUER, P256, claiming, encode, sign
from tests.support import (
    START,
    AsgiEdge,
    AsyncStore,
    BrokenStore,
    Clock,
    ThreadedStore,
    WsgiEdge,
    credentials,
    known,
    stored,
)
from tests.verifiers.verifying import PASSED, Api, Edge, refused

REVOKED = refused("revoked")
OTHER = "https://other.example.org"


def api_with(edge: Edge, store: Any, **settings: Any) -> Api:
    """An API whose JWTs can be revoked in this store."""
    return Api(edge, around=lambda jwt: RevokedTokens(jwt, store), **settings)


def revoke(store: MemoryTokenStore, make: Callable[..., TokenRecord], *arguments: Any, **more: Any) -> None:
    store.extend(make(*arguments, **{"expires_at": None, "now": Clock(), **more}))


def test_a_token_that_is_revoked_is_bad(edge: Edge) -> None:
    """And no other."""
    store = MemoryTokenStore()
    api = api_with(edge, store)
    token, other = sign(), claiming(jti="other")
    assert [PASSED, PASSED] == [api.outcome(token), api.outcome(other)]
    revoke(store, revocation_of_token, token)
    assert [REVOKED, PASSED] == [api.outcome(token), api.outcome(other)]


def test_a_token_is_revoked_with_every_signature_that_can_be_made_of_its_own(edge: Edge) -> None:
    """Of an ECDSA signature (r, s) that is (r, order - s): the same statement in a new token."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    store = MemoryTokenStore()
    api = api_with(edge, store)
    token = sign(key=P256)
    statement, _, signature = token.rpartition(".")
    octets = urlsafe_b64decode(signature + "==")
    s = order - int.from_bytes(octets[32:], "big")
    other = f"{statement}.{encode(octets[:32] + s.to_bytes(32, 'big'))}"
    assert token != other
    assert [PASSED, PASSED] == [api.outcome(token), api.outcome(other)]
    revoke(store, revocation_of_token, token)
    assert [REVOKED, REVOKED] == [api.outcome(token), api.outcome(other)]


def test_the_token_that_an_issuer_calls_so_is_bad(edge: Edge) -> None:
    """However it is signed; another issuer's of that name is not."""
    store = MemoryTokenStore()
    api = api_with(edge, store)
    revoke(store, revocation_of_jti, OTHER, "a-token")
    assert PASSED == api.outcome()
    revoke(store, revocation_of_jti, ISSUER, "a-token")
    assert [REVOKED, PASSED] == [api.outcome(), api.outcome(claiming(jti="another"))]


def test_all_tokens_of_a_subject_from_before_an_instant_are_bad(edge: Edge) -> None:
    """One that was issued at that instant or later is good, so whoever logs in again comes in."""
    store = MemoryTokenStore()
    api = api_with(edge, store)
    revoke(store, revocation_of_subject, ISSUER, "alice", issued_before=START - 100)
    issued = {START - 101: REVOKED, START - 100.5: REVOKED, START - 100: PASSED, START: PASSED}
    assert list(issued.values()) == [api.outcome(claiming(iat=iat)) for iat in issued]
    assert PASSED == api.outcome(claiming(iat=0, sub="bob"))


def test_all_tokens_of_an_application_from_before_an_instant_are_bad(edge: Edge) -> None:
    """Whoever it speaks for; another issuer's application of that name is another one."""
    store = MemoryTokenStore()
    api = api_with(edge, store)
    revoke(store, revocation_of_client, OTHER, "app", issued_before=START)
    revoke(store, revocation_of_client, ISSUER, "other", issued_before=START)
    before = {"client_id": "app", "iat": START - 1}
    assert PASSED == api.outcome(claiming(**before))
    revoke(store, revocation_of_client, ISSUER, "app", issued_before=START)
    assert [REVOKED] * 2 == [api.outcome(claiming(**before, sub=sub)) for sub in ("alice", "bob")]
    assert PASSED == api.outcome(claiming(client_id="app", iat=START))


def test_a_token_without_a_date_is_older_than_any_instant(edge: Edge) -> None:
    """It cannot be told from an old one."""
    store = MemoryTokenStore()
    api = api_with(edge, store)
    undated = claiming(iat=...)
    assert PASSED == api.outcome(undated)
    revoke(store, revocation_of_subject, ISSUER, "alice", issued_before=1.0)
    assert [REVOKED, PASSED] == [api.outcome(undated), api.outcome()]


def test_the_latest_instant_counts(edge: Edge) -> None:
    """In whatever order they come."""
    for instants in ([START - 200, START], [START, START - 200]):
        store = MemoryTokenStore()
        for instant in instants:
            revoke(store, revocation_of_subject, ISSUER, "alice", issued_before=instant)
        assert REVOKED == api_with(edge, store).outcome(claiming(iat=START - 100))


def test_a_subject_is_revoked_under_its_issuer_s_name_and_ours(edge: Edge) -> None:
    """Where `subject_from` has chosen another than `sub`."""
    for name in ("4711", "alice@example.org"):
        store = MemoryTokenStore()
        api = api_with(edge, store, subject_from="email")
        token = claiming(sub="4711", email="alice@example.org")
        assert PASSED == api.outcome(token)
        revoke(store, revocation_of_subject, ISSUER, name, issued_before=START)
        assert REVOKED == api.outcome(token)


@pytest.mark.parametrize("jti", [5, "", None, ["a-token"], ...])
def test_facts_of_others_may_have_no_issuer_and_an_odd_name(jti: Any) -> None:
    """Then the token itself can be revoked, and nothing else."""
    store = MemoryTokenStore()
    claims = {} if jti is ... else {"jti": jti}
    facts = AccessToken(subject="alice", claims={**claims, "sub": 5})
    verifier = RevokedTokens(FromFunction(known(good=facts)), store)
    revoke(store, revocation_of_jti, ISSUER, "a-token")
    revoke(store, revocation_of_subject, ISSUER, "alice", issued_before=START)
    assert run(verifier.verify(credentials("good"))) is not None
    revoke(store, revocation_of_token, "good")
    with pytest.raises(InvalidToken, match="revoked"):
        run(verifier.verify(credentials("good")))


def test_a_bad_token_costs_no_look_up(edge: Edge) -> None:
    """Strangers' tokens do not reach the store."""
    store = _Counting()
    api = api_with(edge, store)
    for token in ("opaque", sign()[:-4] + "AAAA", claiming(iss=OTHER)):
        api.ask(token)
    assert 0 == store.asked
    assert [PASSED, 4] == [api.outcome(), store.asked]


class _Counting(MemoryTokenStore):
    asked = 0

    def find(self, digest: bytes) -> TokenRecord | None:  # type: ignore[override]
        self.asked += 1
        return super().find(digest)


def test_a_store_that_is_down_is_an_outage(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """503, since nobody knows; one line in the log, and one when it is over."""
    store = BrokenStore()
    api = api_with(edge, store)
    store.is_down = True
    assert [(503, "the disk is gone")] * 2 == [api.outcome(), api.outcome()]
    store.is_down = False
    assert PASSED == api.outcome()
    expected = [
        "the store of revocations is unavailable, requests that need it get 503: the disk is gone",
        "the store of revocations answers again",
    ]
    assert expected == [one.getMessage() for one in caplog.records if one.levelno > logging.INFO]


def test_inside_of_a_cache_a_revocation_here_counts_at_once(edge: Edge) -> None:
    """In this process, through this store object; of every kind."""
    claims = {"iat": START - 1}
    for make, arguments in (
        (revocation_of_token, (claiming(**claims),)),
        (revocation_of_jti, (ISSUER, "a-token")),
        (revocation_of_subject, (ISSUER, "alice")),
        (revocation_of_client, (ISSUER, "app")),
    ):
        store = MemoryTokenStore()
        api = api_with(edge, store, cached={})
        assert PASSED == api.outcome(claiming(**claims))
        revoke(store, make, *arguments)
        assert REVOKED == api.outcome(claiming(**claims))


def test_inside_of_a_cache_a_revocation_elsewhere_counts_after_its_age(edge: Edge) -> None:
    """Another process's store object tells us nothing."""
    store = MemoryTokenStore()
    api = api_with(edge, store, cached={"max_age_seconds": 60.0})
    token = sign()
    assert PASSED == api.outcome(token)
    revocation = revocation_of_token(token, expires_at=None, now=Clock())
    store._records[revocation.digest] = revocation
    api.move(59.9)
    assert PASSED == api.outcome(token)
    api.move(0.1)
    assert REVOKED == api.outcome(token)


def test_around_a_cache_every_revocation_counts_at_once(edge: Edge) -> None:
    """Each request asks the store, and nobody else."""
    store = _Counting()
    api = Api(edge, around=lambda jwt: RevokedTokens(Cached(jwt), store))
    token = sign()
    assert [PASSED, PASSED] == [api.outcome(token), api.outcome(token)]
    assert (8, 1) == (store.asked, api.fetches)
    revocation = revocation_of_token(token, expires_at=None, now=Clock())
    store._records[revocation.digest] = revocation
    assert REVOKED == api.outcome(token)


def test_tokens_of_our_own_in_the_same_store_empty_no_cache(edge: Edge) -> None:
    """Nor does the revocation of a token that nobody has shown; changing many might be about any."""
    store = MemoryTokenStore(now=Clock())
    heard: list[bytes | None] = []
    RevokedTokens(FromFunction(known()), store).subscribe(heard.append)
    token = stored(store)
    store.revoke(digest_of(token))
    assert [] == heard
    revoke(store, revocation_of_token, "x")
    assert [] == heard
    store.revoke_all(subject="alice")
    assert [None] == heard


def test_no_revocation_is_a_token(edge: Edge) -> None:
    """In a store that takes tokens of any form, whatever somebody sends."""
    store = MemoryTokenStore()
    api = Api(
        edge,
        around=lambda jwt: FirstMatch([RevokedTokens(jwt, store), StoredTokens(store, prefix=None)]),
    )
    token = sign()
    revoke(store, revocation_of_token, token)
    assert REVOKED == api.outcome(token)
    assert refused("unknown") == Api(edge, around=lambda _: StoredTokens(store, prefix=None)).outcome(token)


def test_a_store_may_be_async_or_block() -> None:
    """As everywhere."""
    for edge, store in (
        (AsgiEdge(), AsyncStore()),
        (AsgiEdge(), ThreadedStore()),
        (WsgiEdge(), ThreadedStore()),
    ):
        api = api_with(edge, store)
        assert PASSED == api.outcome()
        revoke(store, revocation_of_jti, ISSUER, "a-token")
        assert REVOKED == api.outcome()
    with pytest.raises(ConfigurationError):
        api_with(WsgiEdge(), AsyncStore())


def test_what_is_on_the_spot_is_still_looked_for(edge: Edge) -> None:
    """A verifier that remembers does not know of revocations."""
    cached = Cached(FromFunction(known(good=AccessToken(subject="alice"))), now=Clock())
    verifier = RevokedTokens(cached, MemoryTokenStore())
    run(verifier.verify(credentials("good")))
    assert (ASK, False) == (verifier.recall(b"good"), verifier.cached)


def test_it_is_called_what_the_verifier_in_it_is_called() -> None:
    """Facts, decisions and prefixes stay the same."""
    inner = StoredTokens(MemoryTokenStore())
    verifier = RevokedTokens(inner, MemoryTokenStore())
    assert ("stored:bg_", "bg_", False) == (verifier.name, verifier.final_prefix, verifier.many)
    verifier.rename("x")
    assert ("x", "x") == (verifier.name, inner.name)
    assert 2 == len(list(verifier.ports()))


NO_STORE = "RevokedTokens needs a token store, such as SqliteTokenStore(path): {} has no {}()"


@pytest.mark.parametrize(
    ("verifier", "store", "expected"),
    [
        (
            MemoryTokenStore(),
            MemoryTokenStore(),
            "RevokedTokens needs a verifier, such as StoredTokens(store)",
        ),
        (FromFunction(known()), None, NO_STORE.format("NoneType", "find")),
        (FromFunction(known()), MemoryTokenStore, NO_STORE.format("type", "find")),
    ],
)
def test_a_mistake_is_found_at_start(verifier: Any, store: Any, expected: str) -> None:
    """And the cure is named."""
    with pytest.raises(ConfigurationError) as caught:
        RevokedTokens(verifier, store)
    assert expected == str(caught.value)


def test_an_outage_is_raised_as_such() -> None:
    """To whoever calls the verifier himself."""
    store = BrokenStore()
    store.is_down = True
    verifier = RevokedTokens(FromFunction(known(good=AccessToken(subject="alice"))), store)
    with pytest.raises(Unavailable, match="the disk is gone"):
        run(verifier.verify(credentials("good")))
