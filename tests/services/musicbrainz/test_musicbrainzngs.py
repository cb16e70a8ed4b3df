"""The client musicbrainzngs, unchanged, with its HTTP Digest and over TLS."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.services.musicbrainz.edges import PASSWORD, Edge, needed_package

ARTIST = "5b11f4ce-a62d-471e-81fc-a69a8278c7da"
RECORDING = "1bf0ff49-3a2f-4c4f-9c8e-1d5c2a5f9a01"
RELEASES = ["0f0a0a5e-52b3-4c24-9f5c-0a3b0d7ee001", "0f0a0a5e-52b3-4c24-9f5c-0a3b0d7ee002"]
OK = {"message": {"text": "OK"}}

# It never closes what it has read.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

LogIn = Callable[[Edge, str, str], ModuleType]


@pytest.fixture(scope="module", autouse=True)
def _close_what_is_left() -> Iterator[None]:
    yield
    gc.collect()  # here, where the warning is expected, and not in a test of something else


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> LogIn:
    """Point the client at an edge; what it takes for an authority comes from its environment."""
    client: Any = needed_package("musicbrainzngs")

    def point(edge: Edge, user: str, password: str = PASSWORD) -> Any:
        monkeypatch.setenv("SSL_CERT_FILE", str(edge.ca_file))
        client.set_hostname(edge.url.removeprefix("https://"), use_https=True)
        client.set_useragent("bearerguard-tests", "1", "https://musicbrainz.example")
        client.set_rate_limit(False)
        client.auth(user, password)
        return client

    return point


def kept(edge: Edge, target: str, user: str = "bob") -> Any:
    """Ask for JSON with Digest, by another client."""
    with edge.client(auth=httpx.DigestAuth(user, PASSWORD)) as client:
        return client.get(f"/ws/2/{target}&fmt=json").json()


def test_it_submits_tags_as_a_whole_list(log_in: LogIn, edge: Edge) -> None:
    """Tags of before that are not in the list go."""
    client = log_in(edge, "bob")
    assert OK == client.submit_tags(artist_tags={ARTIST: ["Rock", "jazz & folk"]})
    named = f"tag?entity=artist&id={ARTIST}"
    assert {"user-tags": [{"name": "rock"}, {"name": "jazz & folk"}]} == kept(edge, named)
    assert OK == client.submit_tags(artist_tags={ARTIST: []})
    assert {"user-tags": []} == kept(edge, named)


def test_it_submits_ratings(log_in: LogIn, edge: Edge) -> None:
    """From 0 to 100, read as stars."""
    assert OK == log_in(edge, "bob").submit_ratings(recording_ratings={RECORDING: 80})
    assert {"user-rating": {"value": 4.0}} == kept(edge, f"rating?entity=recording&id={RECORDING}")


def test_it_lists_and_changes_a_collection(log_in: LogIn, edge: Edge) -> None:
    """GET, PUT and DELETE; a list of releases is part of the path that Digest signs."""
    client = log_in(edge, "bob")
    (collection,) = client.get_collections()["collection-list"]
    expected = {"name": "My collection", "editor": "bob", "entity-type": "release", "release-count": 0}
    assert expected.items() <= collection.items()
    assert OK == client.add_releases_to_collection(collection["id"], RELEASES)
    found = client.get_releases_in_collection(collection["id"])["collection"]
    assert [{"id": release} for release in RELEASES] == found["release-list"]
    assert OK == client.remove_releases_from_collection(collection["id"], RELEASES)
    assert 0 == client.get_collections()["collection-list"][0]["release-count"]


def test_it_submits_isrcs(log_in: LogIn, edge: Edge) -> None:
    """Several for a recording; whoever asks for the recording gets them."""
    client = log_in(edge, "bob")
    assert OK == client.submit_isrcs({RECORDING: ["GBAYE6900522", "USRC17607839"]})
    found = client.get_recording_by_id(RECORDING, includes=["isrcs"])["recording"]
    assert ["GBAYE6900522", "USRC17607839"] == found["isrc-list"]


def test_it_submits_barcodes(log_in: LogIn, edge: Edge) -> None:
    """Whoever asks for the release gets it."""
    client = log_in(edge, "bob")
    assert OK == client.submit_barcodes({RELEASES[0]: "4006381333931"})
    assert "4006381333931" == client.get_release_by_id(RELEASES[0])["release"]["barcode"]


def test_a_name_that_is_not_ascii(log_in: LogIn, edge: Edge) -> None:
    """It hashes the name as UTF-8, and sends it as ISO 8859-1."""
    assert OK == log_in(edge, "zoë").submit_tags(artist_tags={ARTIST: ["rock"]})


@pytest.mark.parametrize(("user", "password"), [("bob", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_is_its_authentication_error(
    log_in: LogIn, edge: Edge, user: str, password: str
) -> None:
    """And so is a name that nobody has: 401 for both."""
    client = log_in(edge, user, password)
    with pytest.raises(client.AuthenticationError):
        client.submit_tags(artist_tags={ARTIST: ["rock"]})


def test_what_is_wrong_with_a_submission_is_its_response_error(log_in: LogIn, edge: Edge) -> None:
    """The text is in our XML, where it looks for it."""
    client = log_in(edge, "bob")
    with pytest.raises(client.ResponseError) as raised:
        client.submit_barcodes({RELEASES[0]: "4006381333932"})
    assert 400 == raised.value.cause.code
    assert b"<text>A barcode has 8, 12, 13 or 14 digits" in raised.value.cause.read()
