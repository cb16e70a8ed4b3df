"""A service like the Web API of Spotify, guarded by bearerguard; see docs/services/spotify.md."""
