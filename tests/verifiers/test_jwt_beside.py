"""JWTs beside other tokens: each goes to whom it belongs, and nobody is asked about another's."""

from __future__ import annotations

import pytest

from bearerguard import (
    Cached,
    ClientSecretBasic,
    FirstMatch,
    Introspection,
    JwtVerifier,
    Reason,
    StoredTokens,
)
from bearerguard.keys.remote import RemoteKeys
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import Verifier
from tests.clients.answering import AnsweringClient, active, answer
from tests.signing import ISSUER, OTHER_RSA, RSA, access_claims, claiming, key_set, sign
from tests.support import App, Clock, bearer, server, stored
from tests.verifiers.jwt_attacks_forms import encrypted
from tests.verifiers.test_stored import Watched
from tests.verifiers.verifying import PASSED, Api, Edge, refused

OTHER_ISSUER = "https://other.example.org"


class Beside:
    """An API with tokens of its own, JWTs of two issuers, and a server that knows all others."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.store, self.http = Watched(now=Clock()), AnsweringClient([active(sub="carol")])
        self.fetched = [AnsweringClient([answer(key_set(key))]) for key in (RSA, OTHER_RSA)]
        clocks = {"now": Clock(), "monotonic": Clock()}
        jwts = [
            JwtVerifier(
                issuer=issuer, keys=RemoteKeys(f"{issuer}/jwks", http=http, monotonic=Clock()), **clocks
            )
            for issuer, http in zip((ISSUER, OTHER_ISSUER), self.fetched, strict=True)
        ]
        remote = Introspection(
            "https://as.example.org/ask", client=ClientSecretBasic("a", "b"), http=self.http
        )
        verifiers: list[Verifier] = [Cached(one, **clocks) for one in (*jwts, remote)]
        self.app = App()
        self.server = server(FirstMatch([*verifiers, StoredTokens(self.store)]))
        self._guarded = edge.guard(self.app, self.server)

    def identity(self, token: str) -> str | None:
        if self._edge.answer(self._guarded, headers=bearer(token)).status != 200:
            return None
        found = self.app.authentication
        assert found is not None
        identity: str = found.user.identity
        return identity

    @property
    def asked(self) -> tuple[int, int, int, int]:
        """Who was asked how often: the store, for the keys of each issuer, the server."""
        first, second = self.fetched
        return self.store.asked, first.times, second.times, self.http.times


def test_each_token_goes_to_whom_it_belongs(edge: Edge) -> None:
    """And to nobody else."""
    beside = Beside(edge)
    assert "stored:bg_|alice" == beside.identity(stored(beside.store))
    assert (1, 0, 0, 0) == beside.asked
    assert f"{ISSUER}|alice" == beside.identity(sign())
    assert (1, 1, 0, 0) == beside.asked
    other = sign(access_claims(iss=OTHER_ISSUER), key=OTHER_RSA)
    assert f"{OTHER_ISSUER}|alice" == beside.identity(other)
    assert (1, 1, 1, 0) == beside.asked
    assert "introspection:as.example.org|carol" == beside.identity("opaque")
    assert (1, 1, 1, 1) == beside.asked


def test_one_issuer_s_key_signs_nothing_for_another(edge: Edge) -> None:
    """The token says whose it is, and that one's keys decide; nobody is asked after that."""
    beside = Beside(edge)
    assert beside.identity(sign(access_claims(iss=OTHER_ISSUER), key=RSA)) is None
    assert beside.identity(sign(key=OTHER_RSA)) is None
    assert 0 == beside.http.times


def test_what_is_known_is_answered_on_the_spot(edge: Edge) -> None:
    """Whoever stands in front."""
    beside = Beside(edge)
    tokens = (sign(), "opaque", sign(access_claims(iss=OTHER_ISSUER), key=OTHER_RSA))
    for token in tokens:
        assert beside.identity(token) is not None
    before = beside.asked
    for token in tokens:
        assert beside.identity(token) is not None
    assert before == beside.asked


def test_an_encrypted_token_goes_on_to_whom_it_may_belong(edge: Edge) -> None:
    """Its issuer cannot be read here; a server may know it."""
    beside = Beside(edge)
    assert ["introspection:as.example.org|carol"] * 4 == [beside.identity(token) for token in encrypted()]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("opaque", Reason.UNKNOWN),
        ("eyJ.x", Reason.UNKNOWN),
        ("eyJ.eyJ.x", Reason.MALFORMED),
        (next(encrypted()), Reason.ENCRYPTED),
        (claiming(iss=OTHER_ISSUER), Reason.WRONG_ISSUER),
    ],
    ids=lambda one: one.name if isinstance(one, Reason) else "",
)
def test_the_log_says_why_nobody_vouches(edge: Edge, token: str, reason: Reason) -> None:
    """A slash too many in `issuer=` shows there, and nowhere else; through a cache and a list too."""
    assert refused(reason.value) == Api(edge).outcome(token)
    around = Api(
        edge, around=lambda jwt: FirstMatch([StoredTokens(MemoryTokenStore()), Cached(jwt)]), cached={}
    )
    assert [refused(reason.value)] * 2 == [around.outcome(token), around.outcome(token)]


def test_whoever_was_asked_last_says_why(edge: Edge) -> None:
    """After a server has said that it does not know a token, its issuer is no reason."""
    http = AnsweringClient([answer({"active": False})])
    remote = Introspection("https://as.example.org/ask", client=ClientSecretBasic("a", "b"), http=http)
    api = Api(edge, around=lambda jwt: FirstMatch([jwt, remote]))
    assert refused("unknown") == api.outcome(claiming(iss=OTHER_ISSUER))
    assert PASSED == api.outcome()


def test_a_verifier_in_a_list_is_called_by_its_place(edge: Edge) -> None:
    """As every other one is."""
    api = Api(edge)
    api.jwt.rename("a/b")
    api.outcome()
    assert ("a/b", "a/b") == (api.jwt.name, api.facts.verifier)


def test_ports_are_those_of_the_keys() -> None:
    """So that an async one under WSGI is found at start."""
    keys = RemoteKeys(f"{ISSUER}/jwks", http=AnsweringClient())
    assert list(keys.ports()) == list(JwtVerifier(issuer=ISSUER, keys=keys).ports())
