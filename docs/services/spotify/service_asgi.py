"""What an ASGI server loads: `uvicorn spotify.service_asgi:app`."""

from spotify.on_starlette import build_asgi
from spotify.settings import from_environment

app = build_asgi(**from_environment())
