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
