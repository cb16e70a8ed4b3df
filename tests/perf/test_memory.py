"""How much memory a request needs, and that it leaves none behind.

The bytes cannot be pinned exactly for every machine: each Python lays out its objects in its own way, and a
patch release may change a little. So they are pinned for each Python, give or take less than any object with
attributes. What the interpreter keeps to use again (floats, short tuples, frames) needs no bytes here.

To change a number here is a decision, and made as `test_calls.py` says, on each Python.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from bearerguard.adapters import asgi, wsgi
from tests.perf.memory import bytes_of_one, kept_by_each, undisturbed
from tests.perf.scenes import Scene, each_scene

SLACK_BYTES = 32  # a float or a small number

PYTHONS = ((3, 11), (3, 12), (3, 13))

# At most, and while the request is in the application; for each of PYTHONS.
BYTES = {
    ("header", "asgi"): [(1280, 1040), (1248, 1016), (1256, 1024)],
    ("header", "wsgi"): [(430, 232), (422, 224), (422, 224)],
    ("not_recent", "asgi"): [(1280, 1040), (1248, 1016), (1256, 1024)],
    ("not_recent", "wsgi"): [(462, 232), (454, 224), (454, 224)],
    ("scopes", "asgi"): [(1568, 1328), (1528, 1296), (1536, 1304)],
    ("scopes", "wsgi"): [(430, 232), (422, 224), (422, 224)],
    ("query", "asgi"): [(1366, 942), (1334, 918), (1342, 926)],
    ("query", "wsgi"): [(692, 118), (532, 118), (532, 118)],
    ("form", "asgi"): [(4432, 2088), (4336, 2064), (4360, 2080)],
    ("form", "wsgi"): [(1242, 232), (1066, 224), (1066, 224)],
    ("refused", "asgi"): [(3010, 0), (2970, 0), (3058, 0)],
    ("refused", "wsgi"): [(2366, 0), (2286, 0), (2366, 0)],
    ("unavailable", "asgi"): [(3794, 0), (3754, 0), (3890, 0)],
    ("unavailable", "wsgi"): [(2726, 0), (2718, 0), (2846, 0)],
}


@pytest.fixture(scope="module", autouse=True)
def _undisturbed() -> Iterator[None]:
    with undisturbed():
        yield


@pytest.fixture(autouse=True)
def _new_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter lays out instances by what the first of a class were given: here by these requests."""
    for module, name in ((asgi, "AsgiExchange"), (wsgi, "WsgiExchange")):
        monkeypatch.setattr(module, name, type(name, (getattr(module, name),), {}))


@each_scene
def test_a_request_leaves_nothing_behind(kind: str, edge: str) -> None:
    """No block, and nothing that the collector would have to find."""
    assert (0, 0) == kept_by_each(Scene(kind, edge))


@each_scene
def test_a_request_needs_the_bytes_that_are_pinned(kind: str, edge: str) -> None:
    """At most, and while it is in the application, which may be long."""
    if sys.version_info[:2] not in PYTHONS or sys.maxsize < 2**32:
        pytest.skip("no bytes are pinned for this Python")
    pinned = BYTES[kind, edge][PYTHONS.index(sys.version_info[:2])]
    assert pytest.approx(pinned, abs=SLACK_BYTES) == bytes_of_one(Scene(kind, edge))
