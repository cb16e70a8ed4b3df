"""Every route of the API: what it asks for, and what answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bearerguard import any_of
from spotify import browsing, personal, playlists
from spotify.calls import Call, Reply
from spotify.state import State


@dataclass(frozen=True, slots=True)
class Route:
    """A route. Without scopes any good token will do; `{id}` stands for one segment of the path.

    One that is for users is not for an application's own token, even one that has the scopes.
    """

    method: str
    path: str
    operation: Callable[[Call, State], Reply]
    scopes: tuple[str | any_of, ...] = ()
    for_users: bool = True


_MODIFY = any_of("playlist-modify-public", "playlist-modify-private")  # which one, the operation says

ROUTES = (
    Route("GET", "/v1/me", personal.get_profile, ("user-read-private",)),
    Route("GET", "/v1/me/", personal.get_profile, ("user-read-private",)),  # what spotipy asks for
    Route("GET", "/v1/me/tracks", personal.get_saved_tracks, ("user-library-read",)),
    Route("PUT", "/v1/me/tracks", personal.save_tracks, ("user-library-modify",)),
    Route("DELETE", "/v1/me/tracks", personal.remove_tracks, ("user-library-modify",)),
    Route("GET", "/v1/me/tracks/contains", personal.are_saved, ("user-library-read",)),
    Route("PUT", "/v1/me/library", personal.save_tracks, ("user-library-modify",)),
    Route("DELETE", "/v1/me/library", personal.remove_tracks, ("user-library-modify",)),
    Route("GET", "/v1/me/library/contains", personal.are_saved, ("user-library-read",)),
    Route("GET", "/v1/me/top/{type}", personal.get_top, ("user-top-read",)),
    Route("GET", "/v1/me/player", personal.get_player, ("user-read-playback-state",)),
    Route(
        "GET",
        "/v1/me/player/currently-playing",
        personal.get_player,
        (any_of("user-read-currently-playing", "user-read-playback-state"),),
    ),
    Route("PUT", "/v1/me/player/play", personal.start_playing, ("user-modify-playback-state",)),
    Route("PUT", "/v1/me/player/pause", personal.stop_playing, ("user-modify-playback-state",)),
    Route("GET", "/v1/me/playlists", playlists.get_own_playlists, ("playlist-read-private",)),
    Route("POST", "/v1/me/playlists", playlists.create_own_playlist, (_MODIFY,)),
    Route("POST", "/v1/users/{id}/playlists", playlists.create_playlist, (_MODIFY,)),
    Route("GET", "/v1/playlists/{id}", playlists.get_playlist, for_users=False),
    Route("POST", "/v1/playlists/{id}/items", playlists.add_items, (_MODIFY,)),
    Route("POST", "/v1/playlists/{id}/tracks", playlists.add_items, (_MODIFY,)),
    Route("GET", "/v1/artists/{id}", browsing.get_artist, for_users=False),
    Route("GET", "/v1/tracks/{id}", browsing.get_track, for_users=False),
    Route("GET", "/v1/search", browsing.search, for_users=False),
)
