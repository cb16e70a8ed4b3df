"""What `run.py bench` takes. Standard library only: a mistake is found before any environment is made."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

SCENES = Path(__file__).parent / "scenes"


def scene_names() -> list[str]:
    """Every scene, by the name of its file."""
    return sorted(path.stem for path in SCENES.glob("[!_]*.py"))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments; where they are wrong say so in one sentence, and end."""
    names = scene_names()
    parser = _Parser(
        prog="run.py bench",
        description="Measure what bearerguard costs, beside doing nothing and beside its peers.",
        epilog=f"The scenes are {', '.join(names)}. Ends with 1 where a bar is missed.",
    )
    parser.add_argument("--quick", action="store_true", help="a first look, within 3 minutes")
    parser.add_argument("--only", action="append", metavar="NAME", help="one scene; may be repeated")
    parser.add_argument("--save", action="store_true", help="keep the result, and make the page anew")
    parser.add_argument(
        "--profile", action="store_true", help="show where a warm request's time goes, and nothing else"
    )
    found = parser.parse_args(arguments)
    found.only = list(dict.fromkeys(found.only or names))
    if unknown := [name for name in found.only if name not in names]:
        parser.error(f"no scene is called {unknown[0]}; the scenes are {', '.join(names)}")
    return found


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.rstrip('.')}.\n")
