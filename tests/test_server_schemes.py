"""More than one scheme, and one that asks for a proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Bearer,
    Cached,
    FromFunction,
    InvalidToken,
    Reason,
    Refusal,
)
from bearerguard.credentials import Credentials
from bearerguard.flow import Flow, call
from bearerguard.request import ResourceRequest
from bearerguard.schemes import Scheme
from tests.support import (
    BARE,
    FORM,
    TWO_WAYS,
    App,
    AsgiEdge,
    WsgiEdge,
    bad_request,
    bearer,
    known,
    server,
)

Edge = AsgiEdge | WsgiEdge


@dataclass
class Signature(Scheme):
    """A scheme whose secret never travels, and whose sender proves something."""

    name = "Sig"
    requires_https = False
    has_proofs = True
    proof_is_good: bool = True

    def find(self, request: ResourceRequest) -> Credentials | None | Flow[Credentials | None]:
        for value in request.authorization():
            if value.startswith(b"Sig "):
                return self._find(value[4:])
        return None

    def _find(self, token: bytes) -> Iterator[Any]:  # type: ignore[override]
        yield from call(len, token)
        return Credentials("Sig", token, proof="proof")

    def hide(self, request: ResourceRequest) -> None:
        pass

    def confirm(self, credentials: Credentials, facts: AccessToken, request: ResourceRequest) -> Any:
        return None if credentials.scheme != "Sig" else self._confirm()

    def _confirm(self) -> Iterator[Any]:
        yield from call(len, "x")
        if not self.proof_is_good:
            raise InvalidToken(Reason.BOUND_TO_KEY)

    def challenge(self, realm: str, refusal: Refusal | None) -> str:
        return f'Sig realm="{realm}"'


def test_every_scheme_is_challenged_for(edge: Edge) -> None:
    """RFC 9110 section 11.6.1."""
    guarded = edge.guard(App(), server(schemes=[Bearer(), Signature()]))
    assert [BARE, 'Sig realm="api"'] == edge.answer(guarded).all("www-authenticate")


def test_two_schemes_at_once_are_two_ways(edge: Edge) -> None:
    """One request, one sender."""
    guarded = edge.guard(App(), server(schemes=[Signature(), Bearer(query=True)]))
    reply = edge.answer(guarded, headers=[("Authorization", "Sig good")], query="access_token=good")
    assert (400, 'Sig realm="api", ' + bad_request(TWO_WAYS)) == reply.brief


@pytest.mark.parametrize(("is_good", "status"), [(True, 200), (False, 401)])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_scheme_confirms_who_holds_the_token(edge: Edge, is_good: bool, status: int, scheme: str) -> None:
    """On every request; over plain HTTP too where no secret travels."""
    cached = Cached(FromFunction(known(good=AccessToken(subject="alice"))))
    guarded = edge.guard(App(), server(cached, schemes=[Bearer(), Signature(is_good)]))
    for _ in range(2):
        reply = edge.answer(guarded, headers=[("Authorization", "Sig good")], scheme=scheme)
        assert status == reply.status


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_form_and_another_scheme(edge: Edge, scheme: str) -> None:
    """The form is waited for, and over plain HTTP refused."""
    guarded = edge.guard(App(), server(schemes=[Signature(), Bearer(form=True)]))
    reply = edge.answer(guarded, method="POST", headers=[FORM], body=b"access_token=good", scheme=scheme)
    assert {"https": 200, "http": 400}[scheme] == reply.status


class Lax(Bearer):
    """A scheme of somebody's own that takes a bound token at its word."""

    def confirm(self, credentials: Credentials, facts: AccessToken, request: ResourceRequest) -> None:
        return None


def test_what_another_server_has_confirmed_does_not_count_here(edge: Edge) -> None:
    """Two servers may share a cache; each asks its own scheme about a token that is bound to a key."""
    bound = AccessToken(subject="alice", confirmation={"jkt": "x"})
    verifier = Cached(FromFunction(known(bound=bound)))
    lax, strict = (edge.guard(App(), server(verifier, schemes=[one])) for one in (Lax(), Bearer()))
    answers = [edge.answer(guarded, headers=bearer("bound")).status for guarded in (lax, lax, strict, strict)]
    assert [200, 200, 401, 401] == answers


class Other(Bearer):
    """The same under another name."""

    name = "Other"


class Proving(Bearer):
    """A scheme of somebody's own that asks for a proof, and finds its token as Bearer does."""

    has_proofs = True

    def __init__(self) -> None:
        super().__init__()
        self.confirmed = 0

    def confirm(self, credentials: Credentials, facts: AccessToken, request: ResourceRequest) -> None:
        self.confirmed += 1


def test_a_proof_is_asked_for_on_a_cache_hit_too(edge: Edge) -> None:
    """A token that was proved once may be sent again by somebody else."""
    scheme = Proving()
    cached = Cached(FromFunction(known(good=AccessToken(subject="alice"))))
    guarded = edge.guard(App(), server(cached, schemes=[scheme]))
    assert [200] * 3 == [edge.answer(guarded, headers=bearer("good")).status for _ in range(3)]
    assert 3 == scheme.confirmed


def test_servers_that_share_a_cache_say_their_own_scheme(edge: Edge) -> None:
    """What one of them has built is not handed out by the other."""
    cached = Cached(FromFunction(known(good=AccessToken(subject="alice"))))
    app = App()
    for scheme in (Other(), Bearer(), Other()):
        edge.answer(edge.guard(app, server(cached, schemes=[scheme])), headers=bearer("good"))
        assert scheme.name == app.authentication.scheme


def test_servers_that_share_a_cache_load_their_own_users(edge: Edge) -> None:
    """One has users of its own, the other the default ones."""
    cached = Cached(FromFunction(known(good=AccessToken(subject="alice"))))
    app = App()
    for load_user in (None, lambda facts: "a user of ours", None):
        edge.answer(edge.guard(app, server(cached, load_user=load_user)), headers=bearer("good"))
        assert (load_user is None) == (app.authentication.user != "a user of ours")
