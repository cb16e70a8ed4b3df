"""What the counts must not depend on."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def _usual_log_level(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an application that has set none; whatever the command line says, or a test before."""
    monkeypatch.setattr(logging.getLogger("bearerguard"), "disabled", False)
    caplog.set_level(logging.WARNING, "bearerguard")
