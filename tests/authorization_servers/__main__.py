"""Run the suite and print the transcript: `python -m tests.authorization_servers`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.authorization_servers.transcript import Transcript

if __name__ == "__main__":
    transcript = Transcript()
    code = pytest.main([str(Path(__file__).parent), "-q", *sys.argv[1:]], plugins=[transcript])
    print(f"\n{transcript.text()}")
    sys.exit(code)
