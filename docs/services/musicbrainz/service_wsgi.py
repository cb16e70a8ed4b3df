"""Serve on WSGI: `gunicorn --chdir docs/services --threads 8 musicbrainz.service_wsgi:app`."""

from musicbrainz.on_flask import build_wsgi
from musicbrainz.settings import EDITORS, RESOURCE, open_store

app = build_wsgi(open_store(), resource=RESOURCE, editors=EDITORS)
