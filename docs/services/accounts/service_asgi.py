"""What an ASGI server loads: `uvicorn accounts.service_asgi:app`."""

from accounts.on_starlette import build_asgi
from accounts.settings import from_environment

app = build_asgi(**from_environment())
