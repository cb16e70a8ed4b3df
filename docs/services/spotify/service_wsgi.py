"""What a WSGI server loads: `gunicorn spotify.service_wsgi:app`."""

from spotify.on_flask import build_wsgi
from spotify.settings import from_environment

app = build_wsgi(**from_environment())
