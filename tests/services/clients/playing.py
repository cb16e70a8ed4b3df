"""Play a row on the stage: what each edge answered, or what is missing on this machine."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

from tests.services.clients.rows import Client, Row
from tests.services.clients.stage import EDGES, Stage


def missing_for(client: Client) -> str | None:
    """Say what a client needs and this machine has not."""
    for package in client.packages:
        if find_spec(package) is None:
            return f"the package {package} is not installed"
    for program in client.programs:
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return None


def play(row: Row, stage: Stage) -> dict[str, str]:
    """Give what each edge answered, act by act: a comma between the answers of one act."""
    scene = stage.scene(row.service)
    told: dict[str, list[str]] = {name: [] for name in EDGES}
    for act in row.story(scene):
        for name, address in stage.addresses(row.service).items():
            answers = ", ".join(scene.service.told(ask(address)) for ask in act.asks)
            told[name].append(f"{act.label}: {answers}" if act.label else answers)
    return {name: "; ".join(lines) for name, lines in told.items()}
