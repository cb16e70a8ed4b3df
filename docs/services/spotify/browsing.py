"""What any good token may see, an application's own too: the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spotify.calls import Call, Problem, Reply
from spotify.catalogue import ARTISTS, NO_SUCH, TRACKS, artist_object, track_object, track_of
from spotify.links import Links, page
from spotify.state import State


def get_artist(call: Call, state: State) -> Reply:
    """Answer GET /artists/{id}."""
    if call.path["id"] not in ARTISTS:
        raise Problem(404, NO_SUCH)
    return Reply(200, artist_object(ARTISTS[call.path["id"]], state.links))


def get_track(call: Call, state: State) -> Reply:
    """Answer GET /tracks/{id}."""
    return Reply(200, track_object(track_of(call.path["id"]), state.links))


def search(call: Call, state: State) -> Reply:
    """Answer GET /search: by name, in each of the types that are asked for."""
    words = call.parameter("q").casefold()
    if not words:
        raise Problem(400, "The parameter q is missing.")
    types = call.parameter("type").split(",")
    if not set(types) <= _FOUND.keys():
        raise Problem(400, "The parameter type must be artist, track or both, with a comma between them.")
    links = state.links
    found = {f"{kind}s": page(call, links, "/search", _FOUND[kind](words, links)) for kind in types}
    return Reply(200, found)


def _artists_named(words: str, links: Links) -> list[dict[str, Any]]:
    return [artist_object(one, links) for one in ARTISTS.values() if words in one.name.casefold()]


def _tracks_named(words: str, links: Links) -> list[dict[str, Any]]:
    named = (one for one in TRACKS.values() if words in f"{one.name} {one.artist.name}".casefold())
    return [track_object(one, links) for one in named]


_FOUND: dict[str, Callable[[str, Links], list[dict[str, Any]]]] = {
    "artist": _artists_named,
    "track": _tracks_named,
}
