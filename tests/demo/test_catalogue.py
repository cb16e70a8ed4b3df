"""The sample service's own rules, which the guard knows nothing of."""

from __future__ import annotations

import pytest

from bearerguard import AccessToken, Authentication, User
from bearerguard.demo.catalogue import Catalogue, Reply, is_barcode

APPLICATION = Authentication(AccessToken(client_id="importer"), User(identity="client:importer"))


def somebody(name: str, *, issuer: str = "us", stale: bool = False) -> Authentication:
    """A user, as a guard with several verifiers attaches one."""
    facts = AccessToken(subject=name, client_id="picard", stale=stale)
    return Authentication(facts, User(subject=name, identity=f"{issuer}|{name}"))


ALICE, BOB = somebody("alice"), somebody("bob")


def test_everybody_has_tags_of_their_own() -> None:
    """What one user adds, another does not see; adding twice is adding once."""
    catalogue = Catalogue()
    catalogue.tag(ALICE, {"tag": "jazz"})
    catalogue.tag(ALICE, {"tag": "jazz"})
    assert Reply(200, {"user": "alice", "tags": ["jazz"]}) == catalogue.tag(ALICE, {})
    assert Reply(200, {"user": "bob", "tags": []}) == catalogue.tag(BOB, {})


def test_ratings_are_kept() -> None:
    """A recording is rated from 0 to 100."""
    catalogue = Catalogue()
    catalogue.rating(ALICE, {"recording": "So What", "rating": "100"})
    assert Reply(200, {"user": "alice", "ratings": {"So What": 100}}) == catalogue.rating(ALICE, {})


def test_a_name_that_two_issuers_give_is_two_users() -> None:
    """Whose things are whose is a matter of the identity, not of the subject alone."""
    catalogue, other = Catalogue(), somebody("alice", issuer="them")
    catalogue.tag(ALICE, {"tag": "jazz"})
    catalogue.rating(ALICE, {"recording": "So What", "rating": "100"})
    assert Reply(200, {"user": "alice", "tags": []}) == catalogue.tag(other, {})
    assert Reply(200, {"user": "alice", "ratings": {}}) == catalogue.rating(other, {})


@pytest.mark.parametrize(("stale", "expected"), [(True, True), (False, None)])
def test_the_profile_tells_of_stale_facts(stale: bool, expected: bool | None) -> None:
    """Only where an outage made the guard use them."""
    reply = Catalogue().userinfo(somebody("alice", stale=stale), {})
    assert expected is reply.members.get("stale")


@pytest.mark.parametrize("rating", ["", "101", "-1", "many", "\u0661"])
def test_a_rating_that_is_none_is_refused(rating: str) -> None:
    """A mistake in the content is the service's to refuse, with no challenge."""
    assert 422 == Catalogue().rating(ALICE, {"recording": "So What", "rating": rating}).status


@pytest.mark.parametrize("operation", ["userinfo", "tag", "rating", "collection"])
def test_what_belongs_to_a_user_is_refused_to_an_application(operation: str) -> None:
    """The scope alone does not make an application a user (RFC 6749 section 4.4)."""
    assert 403 == getattr(Catalogue(), operation)(APPLICATION, {}).status


def test_submissions_name_who_made_them() -> None:
    """A user, or the application where there is none."""
    catalogue, isrc = Catalogue(), {"isrc": "GBAYE7500101"}
    assert Reply(200, {**isrc, "by": "alice"}) == catalogue.submit_isrc(ALICE, isrc)
    assert Reply(200, {**isrc, "by": "importer"}) == catalogue.submit_isrc(APPLICATION, isrc)
    assert 422 == catalogue.submit_isrc(ALICE, {"isrc": "jazz"}).status


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0077774644020", True), ("077774644020", True), ("0077774644021", False), ("77774644020", False)],
)
def test_a_barcode_has_the_right_check_digit(text: str, expected: bool) -> None:
    """UPC-A and EAN-13."""
    assert expected == is_barcode(text)
