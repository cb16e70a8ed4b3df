"""Fixtures of the command."""

from __future__ import annotations

from tests.devserver.commanding import command, path

__all__ = ["command", "path"]
