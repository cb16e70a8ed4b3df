"""Several who use one code or refresh token at once: one is in time, and the other gives it away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from bearerguard.errors import Unavailable
from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import Workshop, digest_of, error

THREADS = 8
INVALID_GRANT = (400, "invalid_grant")


def at_once(ask: Callable[[], TestResponse]) -> list[TestResponse]:
    """Ask from several threads that start together."""
    start = threading.Barrier(THREADS)

    def one(_: int) -> TestResponse:
        start.wait(10)
        return ask()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def one_was_in_time(workshop: Workshop, responses: list[TestResponse]) -> str:
    """The access token of the one; all the others were refused."""
    good = [response for response in responses if response.status_code == 200]
    assert 1 == len(good)
    refused = [error(response)[:2] for response in responses if response.status_code != 200]
    assert [INVALID_GRANT] * (THREADS - 1) == refused
    return str(good[0].json["access_token"])


def nothing_lives(workshop: Workshop) -> bool:
    return all(record.revoked_at is not None for record in workshop.parts.store.records(subject="alice"))


def test_one_code_gives_tokens_once_and_they_end_with_the_second_use(make_workshop: MakeWorkshop) -> None:
    """However the threads run: exactly one 200, and in the end nothing is left (RFC 6749 section 4.1.2)."""
    workshop = make_workshop()
    code = workshop.code(workshop.confidential)
    responses = at_once(lambda: workshop.exchange(workshop.confidential, code))
    token = one_was_in_time(workshop, responses)
    assert not workshop.is_live(token)
    assert nothing_lives(workshop)
    assert [] == workshop.parts.grants.of("alice", workshop.confidential.client_id)


def test_one_refresh_token_is_replaced_once(make_workshop: MakeWorkshop) -> None:
    """With rotation two uses at once are a use of the old one as well (RFC 9700 section 4.14.2)."""
    workshop = make_workshop(rotate_refresh_tokens=True)
    refresh_token = workshop.tokens(workshop.confidential)["refresh_token"]
    asked = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    responses = at_once(lambda: workshop.post("/oauth2/token", asked, by=workshop.confidential))
    one_was_in_time(workshop, responses)
    assert nothing_lives(workshop)
    assert [] == workshop.parts.grants.of("alice", workshop.confidential.client_id)


def test_a_code_used_between_look_and_use_ends_the_grant(make_workshop: MakeWorkshop) -> None:
    """The narrow moment, without threads: both have found the code good before either used it."""
    workshop = make_workshop()
    code = workshop.code(workshop.confidential)
    inner: list[TestResponse] = []
    add = workshop.parts.store.add

    def add_after_somebody_else(record: object) -> None:
        workshop.parts.store.add = add  # type: ignore[method-assign]
        inner.append(workshop.exchange(workshop.confidential, code))
        add(record)  # type: ignore[arg-type]

    workshop.parts.store.add = add_after_somebody_else  # type: ignore[method-assign]
    assert INVALID_GRANT == error(workshop.exchange(workshop.confidential, code))[:2]
    assert 200 == inner[0].status_code
    assert workshop.parts.store.find(digest_of(inner[0].json["access_token"])) is not None
    assert nothing_lives(workshop)


def test_a_grant_that_ends_while_its_code_is_used_gives_nothing(make_workshop: MakeWorkshop) -> None:
    """A token that was in the store a moment too early is revoked there."""
    workshop = make_workshop()
    code = workshop.code(workshop.confidential)
    (grant,) = workshop.parts.grants.of("alice", workshop.confidential.client_id)
    add = workshop.parts.store.add

    def add_as_the_grant_ends(record: object) -> None:
        workshop.parts.grants.revoke(grant.grant_id, at=workshop.clock())
        add(record)  # type: ignore[arg-type]

    workshop.parts.store.add = add_as_the_grant_ends  # type: ignore[method-assign]
    assert INVALID_GRANT == error(workshop.exchange(workshop.confidential, code))[:2]
    assert nothing_lives(workshop)


@pytest.mark.parametrize("is_first", [True, False])
def test_an_application_that_is_removed_meanwhile_gets_no_token(
    make_workshop: MakeWorkshop, is_first: bool
) -> None:
    """Whichever of the two is first: what `application remove` says of all tokens holds for this one."""
    workshop = make_workshop()
    by, add = workshop.confidential, workshop.parts.store.add

    def add_as_it_is_removed(record: object) -> None:
        if is_first:
            assert workshop.parts.applications.remove(by.client_id)
        add(record)  # type: ignore[arg-type]
        if not is_first:
            assert workshop.parts.applications.remove(by.client_id)

    workshop.parts.store.add = add_as_it_is_removed  # type: ignore[method-assign]
    response = workshop.post("/oauth2/token", {"grant_type": "client_credentials"}, by=by)
    assert (401, "invalid_client") == error(response)[:2]
    (record,) = workshop.parts.store.records(client_id=by.client_id)
    assert record.revoked_at is not None


def test_a_user_who_is_removed_meanwhile_gets_no_token(make_workshop: MakeWorkshop) -> None:
    """The grant ends with the user, and so does what came of its code in that moment."""
    workshop = make_workshop()
    by, add = workshop.confidential, workshop.parts.store.add

    def add_as_he_is_removed(record: object) -> None:
        workshop.parts.users.remove("alice")
        add(record)  # type: ignore[arg-type]

    code = workshop.code(by)
    workshop.parts.store.add = add_as_he_is_removed  # type: ignore[method-assign]
    assert (400, "invalid_grant") == error(workshop.exchange(by, code))[:2]
    (record,) = workshop.parts.store.records(client_id=by.client_id)
    assert record.revoked_at is not None


def test_a_removal_that_broke_off_is_done_by_asking_again(make_workshop: MakeWorkshop) -> None:
    """The application is gone and its tokens live: the second time is no mistake, the third is."""
    workshop = make_workshop()
    token = workshop.tokens(workshop.confidential)["access_token"]
    store, client_id = workshop.parts.store, workshop.confidential.client_id
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "revoke_all", _fail)
        with pytest.raises(Unavailable):
            workshop.parts.applications.remove(client_id)
    assert workshop.is_live(token)
    assert [True, False] == [workshop.parts.applications.remove(client_id) for _ in range(2)]
    assert not workshop.is_live(token)


def _fail(**_: object) -> int:
    raise Unavailable("the disk is full")
