"""What came of each step, noted by the tests as they go; `__main__.py` prints it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

Tell = Callable[[str, object], None]


@dataclass(eq=False)  # a plugin of pytest is kept in sets
class Transcript:
    """Rows of a step and what came, by authorization server and guarded server."""

    rows: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def note(self, provider: str, edge: str, step: str, came: object) -> None:
        self.rows[provider, edge].append((step, str(came)))

    def text(self) -> str:
        width = max((len(step) for rows in self.rows.values() for step, _ in rows), default=0)
        lines = []
        for (provider, edge), rows in sorted(self.rows.items()):
            lines += [f"{provider}, {edge}", f"{'step':<{width}} | what came", f"{'-' * width}-|-{'-' * 50}"]
            lines += [f"{step:<{width}} | {came}" for step, came in rows]
            lines.append("")
        return "\n".join(lines)
