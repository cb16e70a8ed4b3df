"""Run the contract of the stores and print it, stores x behaviours x colours: python -m tests.stores."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

# Nothing else of ours is imported here: pytest looks into the asserts of what it imports itself.
CONTRACT = Path(__file__).with_name("test_contract.py")
COLOURS = ("blocking", "awaited")
# Of several cases of one behaviour the worst one counts.
OUTCOMES = ("ok", "skipped", "FAILED")
_WORDS = {"passed": "ok", "skipped": "skipped", "failed": "FAILED"}

Case = tuple[str, str, str]  # behaviour, store, colour


class Results:
    """A plugin of pytest that notes what became of each case."""

    def __init__(self) -> None:
        self.outcomes: dict[Case, list[str]] = defaultdict(list)
        self._cases: dict[str, Case] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which case each test is."""
        for item in items:
            if isinstance(item, pytest.Function):
                parameters = item.callspec.params
                behaviour = item.originalname.removeprefix("test_").replace("_", " ")
                colour = parameters.get("colour", COLOURS[0])
                self._cases[item.nodeid] = behaviour, parameters["kind"], colour

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what became of it; what failed before or behind it has failed too."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[self._cases[report.nodeid]].append(_WORDS[report.outcome])

    def cell(self, behaviour: str, store: str) -> str:
        """Say what became of one behaviour of one store, colour for colour."""
        found = (self.outcomes.get((behaviour, store, colour), []) for colour in COLOURS)
        return " / ".join(max(outcomes, key=OUTCOMES.index) for outcomes in found if outcomes)

    def table(self) -> Iterable[str]:
        """Give the lines."""
        behaviours = dict.fromkeys(behaviour for behaviour, _, _ in self.outcomes)
        stores = dict.fromkeys(store for _, store, _ in self.outcomes)
        rows = [("behaviour", *stores)]
        rows += [(behaviour, *(self.cell(behaviour, store) for store in stores)) for behaviour in behaviours]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            yield "  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip()


def main() -> int:
    """Print the table; 1 where a promise is broken."""
    results = Results()
    status = pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", str(CONTRACT)], plugins=[results])
    outcomes = [outcome for several in results.outcomes.values() for outcome in several]
    print(f"\nEach cell: {' / '.join(COLOURS)}; one word where only people ask, not guards.\n")
    print("\n".join(results.table()))
    print("\n" + ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in OUTCOMES))
    return 0 if status == pytest.ExitCode.OK else 1


if __name__ == "__main__":
    sys.exit(main())
