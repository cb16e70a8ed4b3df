"""Plain http: a token is ignored, as if none had come; Digest, whose secret never travels, is not."""

from __future__ import annotations

import httpx
import pytest

from tests.services.musicbrainz.edges import BARE, DIGEST, JSON, PASSWORD, Answer, Edge, Tokens

NOBODY = (
    '{"error":"unauthorized","error_description":'
    '"This belongs to an editor: send an access token, or Digest credentials."}'
)
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("way", ["header", "form", "query"])
def test_a_token_is_ignored(edge: Edge, tokens: Tokens, way: str) -> None:
    """401 with the bare challenges: nobody has looked whether the token is good."""
    token = tokens.of("profile")
    expected = Answer(401, (DIGEST, BARE), JSON, NOBODY)
    if way == "header":
        found = edge.send("GET", "/oauth2/userinfo", {"authorization": f"Bearer {token}"}, plain=True)
    elif way == "form":
        found = edge.send("POST", "/oauth2/userinfo", FORM, f"access_token={token}".encode(), plain=True)
    else:
        found = edge.send("GET", f"/oauth2/userinfo?access_token={token}", plain=True)
    assert expected == found


def test_digest_works(edge: Edge) -> None:
    """What old clients have it for."""
    with edge.client(plain=True, auth=httpx.DigestAuth("alice", PASSWORD)) as client:
        assert "alice" == client.get("/oauth2/userinfo").json()["sub"]


def test_what_needs_nobody_is_there(edge: Edge) -> None:
    """A 404 of the service's own, not a refusal."""
    assert 404 == edge.send("GET", "/ws/2/none", plain=True).status
