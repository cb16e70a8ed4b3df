"""Signed tokens in the benchmarks: what they are held against, and that they are what they say."""

from __future__ import annotations

import pytest

from bearerguard import InvalidToken, JwtVerifier, Reason
from bearerguard.credentials import Credentials
from bearerguard.flow import run
from bearerguard.keys.static import StaticKeys
from bearerguard.token import AccessToken
from benchmarks.scenes import _warm_signed, jwt_abuse, jwt_cold, warm
from benchmarks.scenes._jwt_cold_blocks import JOSERFC, VERIFIER
from benchmarks.scenes._jwt_floods import BROKEN, COOLDOWN_SECONDS, FLOODS, FOREIGN, RANDOM_KEYS
from benchmarks.scenes._jwt_traffic import (
    ALONE,
    FETCHES,
    GOOD,
    OWN,
    PER_COOLDOWN,
    PER_SECOND,
    Stretch,
    name_of,
)
from benchmarks.scenes._warm_cases import OURS
from benchmarks.signed import ISSUER, MAKERS, Issuer
from benchmarks.suite import Measurement
from tests.benchmarks.test_bars import one, shown

ISSUED = {algorithm: Issuer(algorithm) for algorithm in MAKERS}


def verify(issuer: Issuer, token: str) -> AccessToken | None:
    verifier = JwtVerifier(issuer=ISSUER, keys=StaticKeys(issuer.key_set))
    return run(verifier.verify(Credentials("Bearer", token.encode("ascii"))))


@pytest.mark.parametrize("algorithm", MAKERS)
def test_what_the_issuer_signs_is_good(algorithm: str) -> None:
    first, second = ISSUED[algorithm].sign(2)
    assert first != second
    assert verify(ISSUED[algorithm], first) is not None


def test_a_token_of_rs256_is_as_long_as_the_page_says() -> None:
    (token,) = ISSUED["RS256"].sign(1)
    assert 670 <= len(token) <= 680


def test_each_flood_is_bad_for_its_own_reason_only() -> None:
    """So that no cheaper check refuses it before."""
    reasons = {}
    for name in (RANDOM_KEYS, BROKEN):
        with pytest.raises(InvalidToken) as refused:
            verify(ISSUED["RS256"], FLOODS[name]())
        reasons[name] = refused.value.reason
    assert {RANDOM_KEYS: Reason.UNKNOWN_KEY, BROKEN: Reason.BAD_SIGNATURE} == reasons
    assert verify(ISSUED["RS256"], FLOODS[FOREIGN]()) is None


def test_a_warm_jwt_is_held_against_opaque_tokens_with_its_longer_hash_taken_off() -> None:
    """And, whole, against one as long. (9 - (3 - 1)) / 7 is 1."""
    case = _warm_signed.NAMES["asgi"]
    values = {
        OURS: 9.0,
        _warm_signed.OURS_OPAQUE: 7.0,
        _warm_signed.OURS_AS_LONG: 7.5,
        _warm_signed.HASH: 3.0,
        _warm_signed.HASH_OPAQUE: 1.0,
    }
    found = [one(case, subject, "µs", *[value] * 7) for subject, value in values.items()]
    assert [
        (f"{case}: times an opaque token, the longer hash taken off", 1.0, 1.1, "ok"),
        (f"{case}: times an opaque token as long", 1.2, 1.1, "MISSED"),
    ] == shown(list(warm.bars(found)))


def test_a_cold_one_is_held_against_the_bare_call_of_the_library() -> None:
    found = [one("RS256", JOSERFC, "µs", *[10.0] * 14), one("RS256", VERIFIER, "µs", *[16.0] * 14)]
    assert [
        ("RS256: bearerguard's verifier, times joserfc's bare verification", 1.6, 1.5, "MISSED")
    ] == shown(list(jwt_cold.bars(found)))


def test_beside_a_flood_the_share_that_is_kept_and_the_fetches_are_bounded() -> None:
    """Unknown keys may cost a fetch for each cooldown, other tokens none."""
    good, fetches = f"WSGI, {GOOD}", f"WSGI, {FETCHES}"
    found: list[Measurement] = [one(good, ALONE, OWN, *[100.0] * 14)]
    for flood in FLOODS:
        name = name_of(flood)
        found.append(one(good, name, OWN, *[89.0] * 14))
        found += [one(fetches, name, PER_COOLDOWN, 0.5, 1.0), one(fetches, name, PER_SECOND, 0.0, 1.0)]
    kept = "good requests per second of their own processor time, times those alone"
    most = {RANDOM_KEYS: (PER_COOLDOWN, 1.0, 1.0, "ok")}
    expected = []
    for flood in FLOODS:
        unit, *rest = most.get(flood, (PER_SECOND, 1.0, 0.0, "MISSED"))
        expected.append((f"WSGI, {name_of(flood)}: {kept}", 0.89, 0.9, "MISSED"))
        expected.append((f"WSGI, {name_of(flood)}: {FETCHES}, {unit}, at most", *rest))
    assert expected == shown(list(jwt_abuse.bars(found)))


def test_a_stretch_may_see_as_many_fetches_as_cooldowns_can_begin_in_it() -> None:
    assert 3 == Stretch(seconds=2.5 * COOLDOWN_SECONDS).allowed_fetches


def test_what_was_not_measured_has_no_bar() -> None:
    for scene in (jwt_abuse, jwt_cold):
        assert [] == list(scene.bars([]))
