"""The fixtures `authenticated` and `devserver`, for pytest, which loads this module by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bearerguard.devserver import DevServer


@pytest.fixture
def authenticated() -> Callable[..., Any]:
    """Give `bearerguard.testing.authenticated`: `authenticated(app, subject="alice", scopes=["tag"])`."""
    from bearerguard.testing import authenticated  # not at import time: most tests do without

    return authenticated


@pytest.fixture
def devserver() -> Iterator[DevServer]:
    """Run a development authorization server with the user alice: `bearerguard.testing.devserver()`."""
    from bearerguard.testing import devserver

    with devserver() as dev:
        yield dev
