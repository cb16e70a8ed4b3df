"""The profile: functions that are cut short still do what a request needs, and lines add up to the whole."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from benchmarks import warm_profile
from benchmarks._profile_cuts import Cuttable
from benchmarks._profile_edges import BARE, EDGES, FLOOR, GUARDED
from benchmarks._profile_trace import watch
from benchmarks.warm_profile import WHOLE, Profile, Row, find_functions, lines_of, place, rows_of


@pytest.fixture(params=EDGES)
def functions(request: pytest.FixtureRequest) -> Iterator[tuple[list[Cuttable], object]]:
    guarded = EDGES[request.param]().requests[GUARDED]
    for _ in range(3):
        guarded()
    found = find_functions(guarded)
    yield found, guarded
    for one in found:
        one.cut(len(one.lines))


def test_every_cut_of_a_warm_request_still_lets_it_pass(functions) -> None:  # type: ignore[no-untyped-def]
    """As the guard is today: a change of it is seen here and not in the middle of a benchmark."""
    found, guarded = functions
    names = [one.name for one in found]
    assert names[0].endswith("Middleware.__call__")
    assert {"Procedure.authenticate", "Cached.recall"} <= set(names)
    for one in found:
        for lines in range(len(one.lines) + 1):
            one.cut(lines)
            guarded()
        one.cut(len(one.lines))


def test_a_cut_function_runs_the_lines_before_the_cut_and_no_others(functions) -> None:  # type: ignore[no-untyped-def]
    """So the more lines it keeps, the more functions are called."""
    found, guarded = functions
    (authenticate,) = [one for one in found if one.name == "Procedure.authenticate"]
    calls = []
    for lines in range(len(authenticate.lines) + 1):
        authenticate.cut(lines)
        calls.append(len(watch(guarded)))
    authenticate.cut(len(authenticate.lines))
    assert sorted(calls) == calls
    assert calls[0] < calls[-1]
    assert calls[-1] == len(watch(guarded))


def test_the_lines_add_up_to_the_whole(functions) -> None:  # type: ignore[no-untyped-def]
    """Whatever was measured: nothing is missing, and nothing counts twice."""
    found, _ = functions
    taken = {name: float(hash(name) % 1_000) for one in found for name in places(one)}
    taken |= {BARE: 100.0, FLOOR: 500.0, GUARDED: 2_000.0}
    call = Row(0, "", "the call", [place(found[0], 0)], [BARE], is_call=True)
    costs = [row.cost(taken) for row in (call, *rows_of(found[0], found, 0))]
    assert pytest.approx(WHOLE.cost(taken)) == sum(costs)


def places(one: Cuttable) -> list[str]:
    return [place(one, lines) for lines in range(len(one.lines))]


def test_lines_that_cost_little_are_shown_together() -> None:
    rows = [
        Row(0, "", "the call of f", ["f 0"], [BARE], is_call=True),
        Row(0, "f", "much()", ["f 1"], ["f 0"]),
        Row(0, "f", "little()", ["f 2"], ["f 1"]),
        Row(0, "f", "nothing()", [GUARDED], ["f 2"]),
        Row(0, "f", "", is_rest=True),
    ]
    taken = {BARE: 1_000.0, FLOOR: 1_500.0, "f 0": 1_100.0, "f 1": 1_990.0, "f 2": 1_995.0, GUARDED: 2_000.0}
    assert """\
What the guard adds to a warm request, ASGI
      ns         processes   share  line
     100        100 to 100     10 %  the call of f
     890        890 to 890     89 %  much()
      10          10 to 10      1 %  (2 small lines of f)
   1,000    1,000 to 1,000    100 %  whole
     500        500 to 500     50 %  the floor, for comparison""" == "\n".join(
        lines_of("ASGI", [Profile(taken, rows)])
    )


def test_a_profile_of_few_requests_can_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions are whole again afterwards, and the collector as it was."""
    for name, value in (("ROUNDS", 1), ("REPEATS", 2), ("WARM_UP", 2)):
        monkeypatch.setattr(warm_profile, name, value)
    profile = warm_profile.measure(EDGES["WSGI"]())
    assert {BARE, FLOOR, GUARDED} <= set(profile.taken)
    assert 0 == gc.get_freeze_count()
