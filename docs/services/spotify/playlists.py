"""Playlists: which scope is needed depends on whether a playlist is public, and so on the body."""

from __future__ import annotations

from typing import Any

from spotify.accounts import Playlist
from spotify.calls import Call, Problem, Reply
from spotify.catalogue import NO_SUCH, track_object, track_of_uri
from spotify.links import page
from spotify.state import State

MAX_NAME_CHARACTERS = 100  # what a list can show in a line
MAX_DESCRIPTION_CHARACTERS = 300  # what the real API takes
MAX_URIS = 100  # the same


def get_own_playlists(call: Call, state: State) -> Reply:
    """Answer GET /me/playlists; those kept together with others only for a token with a scope for them."""
    shows_collaborative = "playlist-read-collaborative" in call.who.scopes
    playlists = state.accounts.of(call.user_id).playlists
    shown = [playlist for playlist in playlists if shows_collaborative or not playlist.collaborative]
    items = [_summary(playlist, state) for playlist in shown]
    return Reply(200, page(call, state.links, "/me/playlists", items))


def create_own_playlist(call: Call, state: State) -> Reply:
    """Answer POST /me/playlists. It is public unless the body says otherwise."""
    members = call.members()
    public = _bool(members, "public", default=True)
    state.need(call, modify_scope(public))
    playlist = Playlist(
        state.accounts.free_id(),
        call.user_id,
        _name_of(members),
        description=_text(members, "description", MAX_DESCRIPTION_CHARACTERS),
        public=public,
        collaborative=_bool(members, "collaborative", default=False),
    )
    if playlist.public and playlist.collaborative:
        raise Problem(400, "A collaborative playlist cannot be public.")
    state.accounts.add(playlist)
    return Reply(201, _whole(playlist, state))


def create_playlist(call: Call, state: State) -> Reply:
    """Answer POST /users/{id}/playlists, where the user can only be the token's own."""
    if call.path["id"] != call.user_id:
        raise Problem(403, "A playlist can be made for nobody but the user of the token.")
    return create_own_playlist(call, state)


def get_playlist(call: Call, state: State) -> Reply:
    """Answer GET /playlists/{id}: a private one is there for its owner alone, given the scope for it."""
    playlist = _visible(call, state)
    if not playlist.public:
        state.need(call, "playlist-read-private")
    return Reply(200, _whole(playlist, state))


def add_items(call: Call, state: State) -> Reply:
    """Answer POST /playlists/{id}/items and /tracks: `uris`, as a member of the body or as the body."""
    playlist = _visible(call, state)
    state.need(call, modify_scope(playlist.public))
    if playlist.owner != call.user_id:
        raise Problem(403, "A playlist can be changed by nobody but its owner.")
    found = call.json()
    uris = found.get("uris") if isinstance(found, dict) else found
    if not isinstance(uris, list) or not 0 < len(uris) <= MAX_URIS:
        raise Problem(400, f"Name 1 to {MAX_URIS} tracks by their URIs.")
    playlist.add([track_of_uri(uri) for uri in uris])
    return Reply(201, {"snapshot_id": _snapshot(playlist)})


def modify_scope(public: bool) -> str:
    """Name the scope that it takes to make or change a playlist."""
    return "playlist-modify-public" if public else "playlist-modify-private"


def _visible(call: Call, state: State) -> Playlist:
    """Find a playlist. What is not for this user is not there: a 403 would say that it exists."""
    playlist = state.accounts.playlist(call.path["id"])
    if playlist is None or not (playlist.public or playlist.owner == call.person):
        raise Problem(404, NO_SUCH)
    return playlist


def _summary(playlist: Playlist, state: State) -> dict[str, Any]:
    return {
        **state.links.of("playlist", playlist.id),
        "name": playlist.name,
        "description": playlist.description,
        "public": playlist.public,
        "collaborative": playlist.collaborative,
        "owner": state.links.of("user", playlist.owner),
        "snapshot_id": _snapshot(playlist),
        "items": {"total": len(playlist.items)},
    }


def _whole(playlist: Playlist, state: State) -> dict[str, Any]:
    items = [{"item": track_object(track, state.links)} for track in playlist.items[:MAX_URIS]]
    return {**_summary(playlist, state), "items": {"total": len(playlist.items), "items": items}}


def _snapshot(playlist: Playlist) -> str:
    return f"{playlist.id}-{playlist.version}"


def _name_of(members: dict[str, Any]) -> str:
    name = _text(members, "name", MAX_NAME_CHARACTERS)
    if not name.strip():
        raise Problem(400, "The member name is missing.")
    return name


def _text(members: dict[str, Any], name: str, max_characters: int) -> str:
    found = members.get(name, "")
    if not isinstance(found, str) or len(found) > max_characters:
        raise Problem(400, f"The member {name} must be text of {max_characters} characters at most.")
    return found


def _bool(members: dict[str, Any], name: str, *, default: bool) -> bool:
    found = members.get(name, default)
    if not isinstance(found, bool):
        raise Problem(400, f"The member {name} must be true or false.")
    return found
