"""A development authorization server: what a local Keycloak is, in one process and one second.

For development, tests and demonstrations only. Needs the extra: `pip install 'bearerguard[devserver]'`.
Without it, importing this is an ImportError.
"""

from __future__ import annotations

try:
    from bearerguard.devserver.driving import NotAnswered
    from bearerguard.devserver.faults import Faults
    from bearerguard.devserver.records import Registered
    from bearerguard.devserver.server import DevServer
    from bearerguard.devserver.settings import MUSICBRAINZ_SCOPES, Settings
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the development server needs more packages: pip install 'bearerguard[devserver]'", name=error.name
    ) from error

__all__ = ["MUSICBRAINZ_SCOPES", "DevServer", "Faults", "NotAnswered", "Registered", "Settings"]
