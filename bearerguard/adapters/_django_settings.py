"""Read settings.BEARERGUARD, and name every mistake in it while the application starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from bearerguard.errors import ConfigurationError
from bearerguard.public import PublicPaths
from bearerguard.server import ResourceServer

NAMES = ("server", "anonymous", "public")
EXAMPLE = 'such as {"server": "project.guard.server"}'


class BadSettings(ConfigurationError, ImproperlyConfigured):
    """A mistake in settings.BEARERGUARD: Django's kind of error, and ours."""

    def __init__(self, mistake: str) -> None:
        super().__init__(f"settings.BEARERGUARD {mistake}")


@dataclass(frozen=True, slots=True)
class GuardSettings:
    server: ResourceServer
    public: PublicPaths
    anonymous: bool


def read_settings() -> GuardSettings:
    """Read what BearerGuardMiddleware is built from. Raises BadSettings."""
    found = getattr(settings, "BEARERGUARD", None)
    if not isinstance(found, Mapping) or "server" not in found:
        raise BadSettings(f"must be a dict that names a server, {EXAMPLE}")
    unknown = [repr(name) for name in found if name not in NAMES]
    if unknown:
        raise BadSettings(f"knows no {', '.join(unknown)}: it takes {', '.join(NAMES)}")
    anonymous = found.get("anonymous", False)
    if not isinstance(anonymous, bool):
        raise BadSettings('["anonymous"] must be True or False')
    return GuardSettings(_server(found["server"]), _public(found.get("public", ())), anonymous)


def _server(named: object) -> ResourceServer:
    server = named
    if isinstance(named, str):
        try:
            server = import_string(named)
        except ImportError as error:
            raise BadSettings(f'["server"] names {named!r}, which cannot be imported: {error}') from error
    if not isinstance(server, ResourceServer):
        raise BadSettings(
            f'["server"] must be a ResourceServer or the path of one, not {type(server).__name__}'
        )
    return server


def _public(paths: object) -> PublicPaths:
    try:
        return PublicPaths(paths)  # type: ignore[arg-type]  # it asks what it was given
    except ConfigurationError as error:
        raise BadSettings(f'["public"]: {error}') from error
