"""The `authenticated` fixture, for pytest, which loads this module by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def authenticated() -> Callable[..., Any]:
    """Give `bearerguard.testing.authenticated`: `authenticated(app, subject="alice", scopes=["tag"])`."""
    from bearerguard.testing import authenticated  # not at import time: most tests do without

    return authenticated
