"""What each scene holds the guard against."""

from __future__ import annotations

from bearerguard.verifiers.introspection import MAX_IN_FLIGHT
from benchmarks.peers import AUTHLIB, MCP_SDK
from benchmarks.scenes import abuse, cold, stampede, warm
from benchmarks.scenes._abuse_traffic import ALONE, CALLS, GROWN_MORE, IN_FLIGHT, MEMORY, UPSTREAM, name_of
from benchmarks.scenes._cold_blocks import OURS_CACHED
from benchmarks.scenes._cold_cases import CASES
from benchmarks.scenes._stampede_subjects import CALLS as CALLS_OF_A_CROWD
from benchmarks.scenes._stampede_subjects import SLOWEST, case_of
from benchmarks.scenes._warm_cases import FLOOR, OURS
from benchmarks.scenes._warm_frameworks import OURS_WITH_SCOPE
from benchmarks.suite import Bar, Measurement


def one(case: str, subject: str, unit: str, *values: float, at: float | None = None) -> Measurement:
    return Measurement(case=case, subject=subject, unit=unit, values=values, at=at)


def shown(bars: list[Bar]) -> list[tuple[str, float, float, str]]:
    return [(bar.text, bar.value, bar.limit, bar.verdict) for bar in bars]


def test_the_warm_path_is_held_against_the_floor_and_each_peer_that_checks_as_much() -> None:
    """Beside Authlib, which asks for a scope, stands the guard that does."""
    found = [
        one("ASGI", FLOOR, "µs", *[2.0] * 7),
        one("ASGI", OURS, "µs", *[3.0] * 7),
        one("ASGI", MCP_SDK, "µs", *[4.0] * 7),
        one("Flask", OURS, "µs", *[5.0] * 7),
        one("Flask", OURS_WITH_SCOPE, "µs", *[9.0] * 7),
        one("Flask", AUTHLIB, "µs", *[6.0] * 7),
    ]
    assert [
        ("ASGI: times the floor", 1.5, 2.0, "ok"),
        (f"ASGI: times {MCP_SDK}", 0.75, 1.0, "ok"),
        (f"Flask: times {AUTHLIB}", 1.5, 1.0, "MISSED"),
    ] == shown(list(warm.bars(found)))


def test_two_processes_on_both_sides_of_the_limit_are_not_judged() -> None:
    """As in a quick run; where both are on one side, it is clear."""
    for ours, expected in (((3.9, 4.1), "not judged"), ((4.1, 4.2), "MISSED"), ((3.8, 3.9), "ok")):
        (bar,) = warm.bars([one("ASGI", FLOOR, "µs", 2.0, 2.0), one("ASGI", OURS, "µs", *ours)])
        assert expected == bar.verdict


def test_a_first_miss_is_held_against_the_driver_where_that_is_promised() -> None:
    """Only introspection has a limit; by few rounds only what is clear."""
    case = next(case for case in CASES if case.limit is not None)
    name = f"{case.name}, ASGI"
    expected = {(1.1, 1.1): "ok", (1.3, 1.3): "MISSED", (1.1, 1.5): "not judged"}
    for (low, high), verdict in expected.items():
        (bar,) = cold.bars(
            [
                one(name, case.driver, "µs", *[1_000.0] * 4),
                one(name, OURS_CACHED, "µs", *[1_000 * low] * 2, *[1_000 * high] * 2),
            ]
        )
        assert (verdict, 1.2) == (bar.verdict, bar.limit)


def test_of_a_stampede_the_worst_try_counts() -> None:
    """At 200 requests; at other numbers nothing is promised."""
    case = case_of("ASGI")
    found = [
        one(case, OURS, CALLS_OF_A_CROWD, 1.0, 1.0, 2.0, at=200),
        one(case, OURS, CALLS_OF_A_CROWD, 5.0, at=1_000),
        one(case, OURS, SLOWEST, 1.0, 1.1, 1.19, at=200),
    ]
    assert [
        ("ASGI, 200 requests at once: calls", 2.0, 1.0, "MISSED"),
        ("ASGI, 200 requests at once: the slowest answer, times the endpoint", 1.19, 1.2, "ok"),
    ] == shown(list(stampede.bars(found)))


def test_of_a_flood_the_calls_their_number_at_once_and_what_grows_are_bounded() -> None:
    mistyped, opaque = abuse.MISTYPED, name_of("opaque tokens")
    case = f"ASGI, {UPSTREAM}"
    found = [
        one(case, ALONE, CALLS, 10.0, 10.0),
        one(case, mistyped, CALLS, 10.0, 12.0),
        one(case, ALONE, IN_FLIGHT, 99.0),
        one(case, opaque, IN_FLIGHT, 64.0, 65.0),
        one(MEMORY, "opaque tokens", GROWN_MORE, 0.5),
    ]
    assert [
        (f"ASGI, {mistyped}: calls, times the good traffic's", 1.1, 1.05, "MISSED"),
        (f"{case}, {opaque}: at once", 65.0, MAX_IN_FLIGHT, "MISSED"),
        (f"{MEMORY}, opaque tokens: MiB more when all is full", 0.5, 5.0, "ok"),
    ] == shown(list(abuse.bars(found)))


def test_what_was_not_measured_has_no_bar() -> None:
    for scene in (abuse, cold, stampede, warm):
        assert [] == list(scene.bars([]))
