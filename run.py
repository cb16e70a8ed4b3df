#!/usr/bin/env python3
"""Run the demo, the tests or the checks on a fresh machine: makes .venv once, then works in it."""

import os
import sys

OLDEST_PYTHON = (3, 11)

if sys.version_info < OLDEST_PYTHON:  # this file alone may be read by an older Python
    sys.exit(
        "bearerguard needs Python {}.{} or newer, and this is Python {}.{}; "
        "start run.py with a newer one, for example: python3.13 run.py test".format(
            *(OLDEST_PYTHON + sys.version_info[:2])
        )
    )

if __name__ == "__main__":
    try:
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".ci"))
        from tools.commands import main

        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as a shell reports it
