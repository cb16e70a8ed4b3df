"""The editors, as MusicBrainz calls its users: what is known of them beside their tokens.

    python -m musicbrainz.editors editors.json alice alice@example.org

asks for a password and adds an editor to a file, or replaces the one of that name.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from musicbrainz.digest import password_hash


@dataclass(frozen=True, slots=True)
class Editor:
    """A user; `digest_hash` is `MD5(name:realm:password)`, as good as the password to Digest."""

    name: str
    email: str | None = None
    email_verified: bool = True
    digest_hash: str | None = field(default=None, repr=False)


def editor(name: str, password: str, email: str | None = None) -> Editor:
    """Make an editor who may come with Digest."""
    return Editor(name, email, digest_hash=password_hash(name, password))


def read_editors(file: Path) -> dict[str, Editor]:
    """Read the editors of a file by their names; none where there is no file."""
    if not file.exists():
        return {}
    return by_name(Editor(**members) for members in json.loads(file.read_text()))


def write_editors(file: Path, editors: Mapping[str, Editor]) -> None:
    """Write the file anew, for its owner's eyes only."""
    content = json.dumps([asdict(one) for one in editors.values()], indent=1)
    new = file.with_name(file.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        written.write(content + "\n")
    new.replace(file)


def by_name(editors: Iterable[Editor]) -> dict[str, Editor]:
    return {one.name: one for one in editors}


def main(file: str, name: str, email: str | None = None) -> None:
    is_asked = sys.stdin.isatty()
    password = getpass.getpass() if is_asked else sys.stdin.readline().rstrip("\n")
    new = editor(name, password, email)
    write_editors(Path(file), {**read_editors(Path(file)), name: new})


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
