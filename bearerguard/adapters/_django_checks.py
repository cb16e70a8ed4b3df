"""Tell `manage.py check` what is wrong with settings.BEARERGUARD."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from bearerguard.adapters._django_middleware import BearerGuardMiddleware
from bearerguard.adapters._django_settings import read_settings
from bearerguard.errors import ConfigurationError

TAG = "bearerguard"
MIDDLEWARE = "bearerguard.adapters.django.BearerGuardMiddleware"
UNUSED = "settings.BEARERGUARD is set, but no BearerGuardMiddleware is in settings.MIDDLEWARE to read it"
UNUSED_HINT = (
    f'Add "{MIDDLEWARE}". Where a WsgiMiddleware or AsgiMiddleware guards the whole application instead, '
    "take the setting out: it does nothing there."
)


@checks.register(TAG)
def check_guard(**_: Any) -> list[checks.CheckMessage]:
    """Read the setting as the middleware will, and look for the middleware.

    Silent where neither is there. Does not: see a guard around the whole application.
    """
    listed = any(map(_is_guard, settings.MIDDLEWARE))
    if not listed and not hasattr(settings, "BEARERGUARD"):
        return []
    messages: list[checks.CheckMessage] = (
        [] if listed else [checks.Warning(UNUSED, UNUSED_HINT, id="bearerguard.W001")]
    )
    try:
        read_settings()
    except ConfigurationError as error:
        messages.append(checks.Error(str(error), id="bearerguard.E001"))
    return messages


def _is_guard(path: str) -> bool:
    try:
        found = import_string(path)
    except ImportError:
        return False  # Django says so itself, when it starts
    return isinstance(found, type) and issubclass(found, BearerGuardMiddleware)
