"""spotipy, the usual client of the real API, works unchanged: only its base URL is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import spotipy

from tests.services.spotify.rows import EVERYTHING, TOKENS
from tests.services.spotify.serving import REQUESTS_PER_WINDOW, Edge

RAG, ENTERTAINER = "track00000000000000001", "track00000000000000002"
Client = Callable[..., spotipy.Spotify]


@pytest.fixture
def client(service: Edge, token: Any, trusting: None) -> Iterator[Client]:
    """Give spotipy with a token: `client("scope scope", user="carol")`."""
    with requests.Session() as session:

        def give(scopes: str = TOKENS[EVERYTHING][1], **who: Any) -> spotipy.Spotify:
            return client_of(service, session, auth=token(scopes, **{"user": "carol", **who}))

        yield give


def client_of(service: Edge, session: requests.Session, **settings: Any) -> spotipy.Spotify:
    """Point spotipy at the service, as its page says."""
    client = spotipy.Spotify(requests_session=session, retries=0, status_retries=0, **settings)
    client.prefix = f"{service.resource}/v1/"
    return client


def test_the_profile_has_an_address_only_with_the_scope_for_it(client: Client) -> None:
    """`user-read-private` is the profile, `user-read-email` one member of it."""
    assert client("user-read-private").me().keys() == {
        "type",
        "id",
        "href",
        "uri",
        "display_name",
        "country",
        "product",
    }
    assert client("user-read-private user-read-email").me()["email"] == "carol@example.org"


def test_tracks_are_saved_and_removed(client: Client) -> None:
    """spotipy saves by URI, under me/library."""
    spotify = client(user="dave")
    spotify.current_user_saved_tracks_add([RAG, ENTERTAINER])
    spotify.current_user_saved_tracks_delete([RAG])
    assert spotify.current_user_saved_tracks_contains([RAG, ENTERTAINER]) == [False, True]
    assert [item["track"]["name"] for item in spotify.current_user_saved_tracks()["items"]] == [
        "The Entertainer"
    ]


@pytest.mark.filterwarnings("ignore:You're using `user_playlist_create")
def test_playlists_are_made_filled_and_listed(client: Client) -> None:
    """Public and private, under the user's own path and under a name."""
    spotify = client(user="erin")
    private = spotify.current_user_playlist_create("Mine", public=False)
    public = spotify.user_playlist_create("erin", "Open", description="for all")
    spotify.playlist_add_items(public["id"], [RAG, f"spotify:track:{ENTERTAINER}"])
    listed = spotify.current_user_playlists()["items"]
    assert [(one["name"], one["public"]) for one in listed] == [("Mine", False), ("Open", True)]
    seen = client("", user="frank").playlist(public["uri"])
    assert [item["item"]["name"] for item in seen["items"]["items"]] == ["Maple Leaf Rag", "The Entertainer"]
    assert refused(lambda: client(user="frank").playlist(private["id"]))[:2] == (
        404,
        "There is nothing with this id.",
    )


def test_the_player_is_started_and_stopped(client: Client) -> None:
    """Nothing ever played is 204, which spotipy gives as None."""
    spotify = client(user="grace")
    assert spotify.current_playback() is None
    spotify.start_playback(uris=[f"spotify:track:{RAG}"])
    assert spotify.current_playback()["is_playing"] is True
    spotify.pause_playback()
    assert spotify.currently_playing()["is_playing"] is False


def test_lists_are_followed_page_by_page(client: Client) -> None:
    """`next` is an address of the service."""
    spotify = client("user-top-read")
    first = spotify.current_user_top_tracks(limit=3)
    assert len(first["items"]) == 3
    second = spotify.next(first)
    assert [track["id"] for track in second["items"]] == ["track00000000000000004", "track00000000000000005"]
    assert spotify.next(second) is None
    assert spotify.previous(second)["items"] == first["items"]
    found = spotify.search("e", limit=1, type="artist,track")
    assert spotify.next(found["artists"])["artists"]["offset"] == 1


def test_an_application_sees_the_catalogue_and_no_user(client: Client) -> None:
    """Its own token is good, and belongs to nobody (RFC 6749 section 4.4)."""
    spotify = client("user-read-private", user=None)
    assert spotify.artist("artist0000000000000001")["name"] == "Scott Joplin"
    assert spotify.track(RAG)["artists"][0]["name"] == "Scott Joplin"
    assert refused(spotify.me)[:2] == (
        403,
        "This belongs to a user: a token of the application alone cannot reach it.",
    )


def test_a_lacking_scope_is_named(client: Client) -> None:
    """In the message that spotipy shows, and in the challenge (RFC 6750 section 3.1)."""
    status, message, headers = refused(client("user-read-private").current_user_top_artists)
    assert (status, message) == (403, "The access token does not have the scope for this: user-top-read.")
    assert 'error="insufficient_scope"' in headers["WWW-Authenticate"]


@pytest.mark.parametrize("wrong", ["bg_unknown", "of-another-form", "revoked"])
def test_a_bad_token_gets_the_same_answer_whatever_is_wrong_with_it(wrong: str, client: Client) -> None:
    """Why is for the log (RFC 6750 section 3.1)."""
    spotify = client("user-read-private", is_revoked=wrong == "revoked")
    if wrong != "revoked":
        spotify.set_auth(wrong)
    status, message, headers = refused(spotify.me)
    assert (status, message) == (401, "The access token is not valid, or no longer.")
    assert 'error="invalid_token"' in headers["WWW-Authenticate"]


def test_an_application_that_asks_too_much_is_told_to_wait(service: Edge, token: Any, trusting: None) -> None:
    """429 with Retry-After (RFC 6585 section 4), and nobody else has to wait."""
    greedy = {"Authorization": f"Bearer {token(client_id='greedy')}"}
    modest = {"Authorization": f"Bearer {token(client_id='modest')}"}
    url = f"{service.resource}/v1/artists/artist0000000000000001"
    with requests.Session() as session:
        # A window may end meanwhile; two do not.
        answers = (session.get(url, headers=greedy, timeout=10) for _ in range(2 * REQUESTS_PER_WINDOW + 1))
        limited = next(answer for answer in answers if answer.status_code != 200)
        others = session.get(url, headers=modest, timeout=10)
    assert limited.json() == {
        "error": {"status": 429, "message": "The application has sent too many requests."}
    }
    assert 1 <= int(limited.headers["Retry-After"]) <= 30
    assert others.status_code == 200


def refused(call: Callable[[], Any]) -> tuple[int, str, Any]:
    """Make a call that fails; give its status, the service's message and the header fields."""
    with pytest.raises(spotipy.SpotifyException) as caught:
        call()
    return caught.value.http_status, caught.value.msg.partition("\n ")[2], caught.value.headers
