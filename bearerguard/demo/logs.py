"""Keep the servers' log lines out of the way, in a file, and the guard's warnings for the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOGGERS = ("bearerguard", "uvicorn", "werkzeug")


class Logs(logging.Handler):
    """The guard's warnings, in order."""

    def __init__(self, file: Path) -> None:
        super().__init__(logging.WARNING)
        self.file = file
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.warnings.append(record.getMessage())

    def text(self) -> str:
        """Everything that was logged so far, access lines and all."""
        return self.file.read_text(encoding="utf-8")


@contextmanager
def logs(file: Path) -> Iterator[Logs]:
    """Send what servers and guard log into a file, and put everything back afterwards."""
    to_file = logging.FileHandler(file, encoding="utf-8")
    kept = Logs(file)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger.handlers, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [to_file], False
        logger.setLevel(logging.INFO)
    loggers[0].handlers.append(kept)
    try:
        yield kept
    finally:
        for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
        to_file.close()
