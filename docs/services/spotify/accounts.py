"""What belongs to a user: playlists, saved tracks and a player, kept in memory."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

from spotify.calls import Problem
from spotify.catalogue import Track

MAX_PLAYLISTS = 200  # a person's; a program in a loop stops here
MAX_ITEMS = 10_000  # what a playlist of the real API holds


@dataclass(slots=True)
class Playlist:
    """A playlist; only its owner changes it, and a private one is for its owner alone."""

    id: str
    owner: str
    name: str
    _: KW_ONLY
    description: str = ""
    public: bool = True
    collaborative: bool = False
    items: list[Track] = field(default_factory=list)
    version: int = 1

    def add(self, tracks: list[Track]) -> None:
        """Add tracks at the end. Raises Problem where the playlist would get too long."""
        if len(self.items) + len(tracks) > MAX_ITEMS:
            raise Problem(400, f"A playlist holds {MAX_ITEMS} items at most.")
        self.items.extend(tracks)
        self.version += 1


@dataclass(slots=True)
class Account:
    """A user's own things. `saved` has the last one saved at its end."""

    user_id: str
    playlists: list[Playlist] = field(default_factory=list)
    saved: dict[str, Track] = field(default_factory=dict)
    playing: Track | None = None
    is_playing: bool = False


class Accounts:
    """All accounts. One is made when the authorization server first vouches for its user."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._playlists: dict[str, Playlist] = {}

    def of(self, user_id: str) -> Account:
        """Give a user's account."""
        return self._accounts.setdefault(user_id, Account(user_id))

    def playlist(self, playlist_id: str) -> Playlist | None:
        """Find anybody's playlist."""
        return self._playlists.get(playlist_id)

    def add(self, playlist: Playlist) -> None:
        """Keep a new playlist. Raises Problem where its owner has too many."""
        theirs = self.of(playlist.owner).playlists
        if len(theirs) >= MAX_PLAYLISTS:
            raise Problem(400, f"A user has {MAX_PLAYLISTS} playlists at most.")
        theirs.append(playlist)
        self._playlists[playlist.id] = playlist

    def free_id(self) -> str:
        """Give an identifier for the next playlist, in the form of the real ones: 22 letters and digits."""
        return f"playlist{len(self._playlists) + 1:014}"
