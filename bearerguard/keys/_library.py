"""Say what to install where the JOSE library is missing: whoever takes no signed tokens needs none."""

from __future__ import annotations

from importlib.util import find_spec

from bearerguard.errors import ConfigurationError


def check_library(owner: str) -> None:
    """Raise ConfigurationError unless signatures can be verified here."""
    if find_spec("joserfc") is None:
        raise ConfigurationError(
            f"{owner} needs joserfc to verify signatures: pip install 'bearerguard[jwt]'"
        )
