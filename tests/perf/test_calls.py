"""What a request calls is pinned, call by call: whatever makes it dearer fails here, on any machine.

The tables in `pins/` name each function once, in the order of its first call: those of the package by
module, those of the application and the server in `edges.py` by name alone, the others as Python names
them. `counting.py` says what is counted.

To change a pin is allowed, and is a decision:

1. Look at the message: it names what is called more often, and by whom. Undo what was not meant.
2. What remains goes into the table by hand, or as `python -m tests.perf KIND` prints it.
3. The commit that changes the pin says what it buys: which promise costs the call, or why one is gone. A
   change that buys nothing is not dearer by accident: it is wrong.

A request that has become cheaper fails as well, so that what was won stays won.
"""

from __future__ import annotations

from tests.perf.pins import form, header, not_recent, query, refused, scopes, unavailable
from tests.perf.scenes import Scene, each_scene
from tests.perf.telling import difference

PINS = {
    "header": header,
    "not_recent": not_recent,
    "scopes": scopes,
    "query": query,
    "form": form,
    "refused": refused,
    "unavailable": unavailable,
}


@each_scene
def test_a_request_calls_what_is_pinned(kind: str, edge: str) -> None:
    """No function more and none less; see above before you change a pin."""
    pinned: dict[str, int] = getattr(PINS[kind], edge.upper())
    scene = Scene(kind, edge)
    calls = scene.calls()
    assert pinned == calls.counts, difference(scene.name, pinned, calls)
