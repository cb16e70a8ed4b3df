"""What a WSGI server loads: `gunicorn accounts.service_wsgi:app`."""

from accounts.on_flask import build_wsgi
from accounts.settings import from_environment

app = build_wsgi(**from_environment())
