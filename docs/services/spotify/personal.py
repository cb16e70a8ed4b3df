"""What a user sees of their own: profile, saved tracks, top lists, player."""

from __future__ import annotations

from typing import Any

from spotify.calls import Call, Problem, Reply
from spotify.catalogue import ARTISTS, TRACKS, Track, artist_object, track_object, track_of, track_of_uri
from spotify.links import Links, page
from spotify.state import State

MAX_IDS = 50  # what the documentation of the real API names
TIME_RANGES = ("short_term", "medium_term", "long_term")


def get_profile(call: Call, state: State) -> Reply:
    """Answer GET /me; the e-mail address is there only for a token that has a scope of its own for it."""
    profile = {
        **state.links.of("user", call.user_id),
        "display_name": call.user_id,
        "country": "GB",
        "product": "premium",
    }
    if "user-read-email" in call.who.scopes:
        profile["email"] = f"{call.user_id}@example.org"
    return Reply(200, profile)


def get_saved_tracks(call: Call, state: State) -> Reply:
    """Answer GET /me/tracks, the last one saved first."""
    saved = reversed(state.accounts.of(call.user_id).saved.values())
    items = [{"track": track_object(track, state.links)} for track in saved]
    return Reply(200, page(call, state.links, "/me/tracks", items))


def save_tracks(call: Call, state: State) -> Reply:
    """Answer PUT /me/tracks and PUT /me/library. All of them are saved or, when one is unknown, none."""
    state.accounts.of(call.user_id).saved.update({track.id: track for track in _named(call)})
    return Reply(200)


def remove_tracks(call: Call, state: State) -> Reply:
    """Answer DELETE /me/tracks and DELETE /me/library; what is not saved is no error."""
    saved = state.accounts.of(call.user_id).saved
    for track in _named(call):
        saved.pop(track.id, None)
    return Reply(200)


def are_saved(call: Call, state: State) -> Reply:
    """Answer GET /me/library/contains and GET /me/tracks/contains."""
    saved = state.accounts.of(call.user_id).saved
    return Reply(200, [track.id in saved for track in _named(call)])


def get_top(call: Call, state: State) -> Reply:
    """Answer GET /me/top/{type}."""
    kind = call.path["type"]
    if kind not in ("artists", "tracks"):
        raise Problem(404, "There are top artists and top tracks.")
    if call.parameter("time_range", "medium_term") not in TIME_RANGES:
        raise Problem(400, f"The parameter time_range must be one of {', '.join(TIME_RANGES)}.")
    return Reply(200, page(call, state.links, f"/me/top/{kind}", _top(kind, state.links)))


def get_player(call: Call, state: State) -> Reply:
    """Answer GET /me/player and GET /me/player/currently-playing: 204 when nothing was ever started."""
    account = state.accounts.of(call.user_id)
    if account.playing is None:
        return Reply(204)
    item = track_object(account.playing, state.links)
    return Reply(200, {"is_playing": account.is_playing, "currently_playing_type": "track", "item": item})


def start_playing(call: Call, state: State) -> Reply:
    """Answer PUT /me/player/play: the first of `uris`, or without a body what played last."""
    account = state.accounts.of(call.user_id)
    if call.body:
        uris = call.members().get("uris")
        if not isinstance(uris, list) or not uris:
            raise Problem(400, "The member uris must be a list with at least one URI.")
        account.playing = track_of_uri(uris[0])
    if account.playing is None:
        raise Problem(404, "There is nothing to go on playing.")
    account.is_playing = True
    return Reply(204)


def stop_playing(call: Call, state: State) -> Reply:
    """Answer PUT /me/player/pause."""
    state.accounts.of(call.user_id).is_playing = False
    return Reply(204)


def _top(kind: str, links: Links) -> list[dict[str, Any]]:
    if kind == "artists":
        return [artist_object(artist, links) for artist in ARTISTS.values()]
    return [track_object(track, links) for track in TRACKS.values()]


def _named(call: Call) -> list[Track]:
    """Find the tracks that a call names: by `uris`, by `ids`, or by `ids` in its body."""
    uris, ids = call.parameter("uris"), call.parameter("ids")
    if uris:
        return [track_of_uri(uri) for uri in _few(uris.split(","))]
    return [track_of(one) for one in _few(ids.split(",") if ids else _ids_of_body(call))]


def _ids_of_body(call: Call) -> object:
    found = call.json() if call.body else None
    return found.get("ids") if isinstance(found, dict) else found


def _few(found: object) -> list[Any]:
    if not isinstance(found, list) or not 0 < len(found) <= MAX_IDS:
        raise Problem(400, f"Name 1 to {MAX_IDS} tracks.")
    return found
