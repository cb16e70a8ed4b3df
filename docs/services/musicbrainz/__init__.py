"""A small MusicBrainz web service behind bearerguard, on ASGI and on WSGI."""
