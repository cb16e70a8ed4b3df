"""Whatever an issuer says of itself, it is metadata of ours with https in it, or an outage in fixed words."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bearerguard.breaker import Unreachable
from bearerguard.clients import HttpResponse
from bearerguard.clients._metadata import Metadata, read_metadata
from tests.clients.publishing import ISSUER, JWKS

JSON = {"content-type": "application/json"}
FIXED = re.compile(r"[A-Za-z0-9_,:;=' -]+")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([ISSUER, JWKS, f"{ISSUER}/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
members = st.sampled_from(["issuer", "jwks_uri", "introspection_endpoint", "x"])


def outcome(content: bytes, status: int = 200) -> Metadata | str:
    response = HttpResponse(status=status, fields=JSON, content=content)
    try:
        return read_metadata(response, issuer=ISSUER, url="place", allow_loopback_http=False)
    except Unreachable as error:
        return error.what


def check(found: Metadata | str) -> None:
    if isinstance(found, str):
        assert FIXED.fullmatch(found), found
    else:
        assert all(url.startswith("https://") for url in found.endpoints.values())


@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_content(content: bytes, status: int) -> None:
    """Not one of them raises anything else."""
    check(outcome(content, status))


@given(st.dictionaries(members, values))
def test_any_object(document: dict[str, Any]) -> None:
    """Only one whose issuer is ours is believed."""
    found = outcome(json.dumps(document).encode())
    check(found)
    if isinstance(found, Metadata):
        assert ISSUER == document["issuer"]


@given(st.text())
def test_any_url(url: str) -> None:
    """Of what is no URL to be asked nothing is."""
    check(outcome(json.dumps({"issuer": ISSUER, "jwks_uri": url}).encode()))


@given(st.from_regex(r"https?://[ -~]{0,20}", fullmatch=True))
def test_anything_like_a_url(url: str) -> None:
    """The same for those that nearly are."""
    check(outcome(json.dumps({"issuer": ISSUER, "introspection_endpoint": url}).encode()))
