"""Serve on ASGI: `uvicorn --app-dir docs/services musicbrainz.service_asgi:app`."""

from musicbrainz.on_starlette import build_asgi
from musicbrainz.settings import EDITORS, RESOURCE, open_store

app = build_asgi(open_store(), resource=RESOURCE, editors=EDITORS)
