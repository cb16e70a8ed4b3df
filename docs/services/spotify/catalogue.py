"""The catalogue, which belongs to nobody: artists and tracks, the same for every token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spotify.calls import Problem
from spotify.links import Links

NO_SUCH = "There is nothing with this id."
TRACK_MILLISECONDS = 180_000


@dataclass(frozen=True, slots=True)
class Artist:
    id: str
    name: str
    genre: str


@dataclass(frozen=True, slots=True)
class Track:
    id: str
    name: str
    artist: Artist


JOPLIN = Artist("artist0000000000000001", "Scott Joplin", "ragtime")
SATIE = Artist("artist0000000000000002", "Erik Satie", "classical")
MORTON = Artist("artist0000000000000003", "Jelly Roll Morton", "jazz")
ARTISTS = {artist.id: artist for artist in (JOPLIN, SATIE, MORTON)}
_TRACKS = (
    ("Maple Leaf Rag", JOPLIN),
    ("The Entertainer", JOPLIN),
    ("Gymnopédie No. 1", SATIE),
    ("Gnossienne No. 1", SATIE),
    ("King Porter Stomp", MORTON),
)
TRACKS = {
    track.id: track
    for track in (Track(f"track{at:017}", *facts) for at, facts in enumerate(_TRACKS, start=1))
}


def artist_object(artist: Artist, links: Links) -> dict[str, Any]:
    """Describe an artist."""
    return {**links.of("artist", artist.id), "name": artist.name, "genres": [artist.genre]}


def track_object(track: Track, links: Links) -> dict[str, Any]:
    """Describe a track, with its artist."""
    by = [{**links.of("artist", track.artist.id), "name": track.artist.name}]
    return {
        **links.of("track", track.id),
        "name": track.name,
        "artists": by,
        "duration_ms": TRACK_MILLISECONDS,
    }


def track_of(track_id: object) -> Track:
    """Find a track. Raises Problem where there is none, and on what is no text."""
    track = TRACKS.get(track_id) if isinstance(track_id, str) else None
    if track is None:
        raise Problem(404, NO_SUCH)
    return track


def track_of_uri(uri: object) -> Track:
    """Find a track by its URI. Raises Problem on what is no such URI, and where there is no such track."""
    if not isinstance(uri, str) or not uri.startswith("spotify:track:"):
        raise Problem(400, "Each URI must be spotify:track: and an id.")
    return track_of(uri.removeprefix("spotify:track:"))
