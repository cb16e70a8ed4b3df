"""The authorization code grant at the token endpoint (RFC 6749 section 4.1)."""

from __future__ import annotations

import pytest

from bearerguard.devserver.records import PUBLIC
from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import CALLBACK, S256, VERIFIER, Registered, Workshop, error

INVALID_GRANT = (
    400,
    "invalid_grant",
    "The code or refresh token is unknown, used, expired or revoked, or belongs to another application "
    "or redirect URI.",
)
OOB = "urn:ietf:wg:oauth:2.0:oob"


def test_a_code_gives_what_the_standard_says_and_nothing_else(workshop: Workshop) -> None:
    """An offline grant gives both tokens, and no cache may keep the answer (RFC 6749 section 5.1)."""
    response = workshop.exchange(workshop.confidential, workshop.code(workshop.confidential))
    assert 200 == response.status_code
    assert {
        "access_token",
        "expires_in",
        "refresh_token",
        "scope",
        "token_type",
    } == response.json.keys()
    assert ("Bearer", 3600, "profile tag") == tuple(
        response.json[name] for name in ("token_type", "expires_in", "scope")
    )
    assert ("application/json", "no-store", "no-cache") == tuple(
        response.headers[name] for name in ("Content-Type", "Cache-Control", "Pragma")
    )


def test_the_token_is_an_ordinary_token_of_the_store(workshop: Workshop) -> None:
    """A guard reads it there: user, application, scopes, lifetime."""
    token = workshop.tokens(workshop.confidential)["access_token"]
    record = workshop.record(token)
    assert ("alice", workshop.confidential.client_id) == (record.subject, record.client_id)
    assert ({"profile", "tag"}, workshop.clock() + 3600) == (record.scopes, record.expires_at)


def test_an_online_grant_gives_no_refresh_token(workshop: Workshop) -> None:
    """`access_type=online` is for applications whose user is there (MusicBrainz)."""
    assert "refresh_token" not in workshop.tokens(workshop.confidential, offline=False)


def test_the_state_comes_back_with_the_code(workshop: Workshop) -> None:
    """The exact value (RFC 6749 section 4.1.2)."""
    state = "a b&c=d/%20é"
    assert state == workshop.allow(workshop.confidential, state=state)["state"]


def test_a_code_is_good_once_and_the_second_use_revokes_what_it_gave(workshop: Workshop) -> None:
    """Who comes second may be the thief, or the first was (RFC 6749 section 4.1.2)."""
    code = workshop.code(workshop.confidential)
    tokens = workshop.exchange(workshop.confidential, code).json
    assert INVALID_GRANT == error(workshop.exchange(workshop.confidential, code))
    assert not workshop.is_live(tokens["access_token"])
    refreshing = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert INVALID_GRANT == error(workshop.post("/oauth2/token", refreshing, by=workshop.confidential))


def test_the_second_use_counts_after_the_code_has_expired_too(workshop: Workshop) -> None:
    """A used code stays known as used."""
    code = workshop.code(workshop.confidential)
    token = workshop.exchange(workshop.confidential, code).json["access_token"]
    workshop.clock.move(601)
    assert INVALID_GRANT == error(workshop.exchange(workshop.confidential, code))
    assert not workshop.is_live(token)


def test_the_second_use_by_another_application_revokes_nothing(workshop: Workshop) -> None:
    """Nobody ends the grants of others."""
    code = workshop.code(workshop.confidential)
    token = workshop.exchange(workshop.confidential, code).json["access_token"]
    assert INVALID_GRANT == error(workshop.exchange(workshop.other, code))
    assert workshop.is_live(token)


def test_a_code_is_good_for_ten_minutes_to_the_second(workshop: Workshop) -> None:
    """Expiry is on or after the instant (RFC 6749 section 4.1.2)."""
    late, in_time = workshop.code(workshop.confidential), workshop.code(workshop.confidential)
    workshop.clock.move(599)
    assert 200 == workshop.exchange(workshop.confidential, in_time).status_code
    workshop.clock.move(1)
    assert INVALID_GRANT == error(workshop.exchange(workshop.confidential, late))


def test_the_code_of_another_application_is_refused_and_stays_good(workshop: Workshop) -> None:
    """It is bound to the application that asked for it (RFC 6749 section 4.1.3)."""
    code = workshop.code(workshop.confidential)
    assert INVALID_GRANT == error(workshop.exchange(workshop.other, code))
    assert INVALID_GRANT == error(workshop.exchange(workshop.public, code))
    assert 200 == workshop.exchange(workshop.confidential, code).status_code


@pytest.mark.parametrize("code", ["x", "bg_" + "a" * 49, "0" * 43, "å" * 40, "'; DROP TABLE devserver_codes"])
def test_garbage_is_no_code(workshop: Workshop, code: str) -> None:
    """Whatever it looks like."""
    assert INVALID_GRANT == error(workshop.exchange(workshop.confidential, code))


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (CALLBACK, None),
        (CALLBACK, CALLBACK + "/"),
        (CALLBACK, CALLBACK + "?"),
        (CALLBACK, CALLBACK.upper()),
        (CALLBACK, "https://evil.example/callback"),
        (None, CALLBACK + "/"),
        (None, "https://evil.example/callback"),
    ],
)
def test_another_redirect_uri_than_the_one_asked_with_is_refused(
    workshop: Workshop, asked: str | None, given: str | None
) -> None:
    """To the letter, and the code stays good for the right one (RFC 6749 section 4.1.3)."""
    code = workshop.code(workshop.confidential, **({"redirect_uri": asked} if asked else {}))
    form = {"redirect_uri": given} if given else {}
    assert INVALID_GRANT == error(workshop.exchange(workshop.confidential, code, **form))
    right = workshop.exchange(workshop.confidential, code, redirect_uri=CALLBACK)
    assert 200 == right.status_code


def test_the_only_redirect_uri_need_not_be_named(workshop: Workshop) -> None:
    """Neither when asking nor when exchanging (RFC 6749 section 3.1.2.3)."""
    code = workshop.code(workshop.confidential)
    assert 200 == workshop.exchange(workshop.confidential, code).status_code


def test_an_installed_application_gets_its_code_through_a_loopback_or_a_page(workshop: Workshop) -> None:
    """Without a secret, with PKCE (RFC 8252 sections 7.3 and 8.1)."""
    for redirect_uri in (OOB, "http://localhost:51004/cb?x=1", "http://[::1]:8/"):
        code = workshop.code(workshop.installed, redirect_uri=redirect_uri)
        response = workshop.exchange(workshop.installed, code, redirect_uri=redirect_uri)
        assert 200 == response.status_code, response.text


def test_what_is_granted_again_is_a_grant_of_its_own(workshop: Workshop) -> None:
    """The end of one leaves the other alone."""
    code = workshop.code(workshop.confidential)
    first = workshop.exchange(workshop.confidential, code).json["access_token"]
    second = workshop.tokens(workshop.confidential)["access_token"]
    workshop.exchange(workshop.confidential, code)
    assert (False, True) == (workshop.is_live(first), workshop.is_live(second))


class TestProofKey:
    """PKCE (RFC 7636): only who asked can use the code."""

    def test_the_verifier_of_the_challenge_is_asked_for(self, workshop: Workshop) -> None:
        """A public application has nothing else to show; the code stays good for the right one."""
        code = workshop.code(workshop.public)
        wrong = workshop.exchange(workshop.public, code, code_verifier="b" * 43)
        assert INVALID_GRANT == error(wrong)
        without = workshop.exchange(workshop.public, code, code_verifier="")
        assert (400, "invalid_request", "Required parameter is missing: code_verifier") == error(without)
        assert 200 == workshop.exchange(workshop.public, code).status_code

    @pytest.mark.parametrize("verifier", ["a" * 42, "a" * 129, "a" * 42 + "!", "a" * 42 + "é"])
    def test_a_verifier_is_of_43_to_128_plain_characters(self, workshop: Workshop, verifier: str) -> None:
        """RFC 7636 section 4.1."""
        response = workshop.exchange(workshop.public, workshop.code(workshop.public), code_verifier=verifier)
        said = "code_verifier must be 43 to 128 letters, digits and -._~"
        assert (400, "invalid_request", said) == error(response)

    @pytest.mark.parametrize("method", [{"code_challenge_method": "plain"}, {}])
    def test_a_plain_challenge_is_its_own_verifier(self, workshop: Workshop, method: dict[str, str]) -> None:
        """Plain is also what a challenge is that does not say (RFC 7636 section 4.3)."""
        code = workshop.allow(workshop.public, code_challenge=VERIFIER, **method)["code"]
        assert INVALID_GRANT == error(workshop.exchange(workshop.public, code, code_verifier="c" * 50))
        assert 200 == workshop.exchange(workshop.public, code).status_code

    def test_a_confidential_application_may_use_it_too(self, workshop: Workshop) -> None:
        """And once it does, its secret alone is not enough (RFC 9700 section 2.1.1)."""
        code = workshop.code(workshop.confidential, **S256)
        missing = (400, "invalid_request", "Required parameter is missing: code_verifier")
        assert missing == error(workshop.exchange(workshop.confidential, code))
        response = workshop.exchange(workshop.confidential, code, code_verifier=VERIFIER)
        assert 200 == response.status_code

    def test_a_verifier_without_a_challenge_is_refused(self, workshop: Workshop) -> None:
        """Somebody has taken the challenge out on the way (RFC 9700 section 2.1.1)."""
        code = workshop.code(workshop.confidential)
        response = workshop.exchange(workshop.confidential, code, code_verifier=VERIFIER)
        said = "There is a code_verifier, but the code was asked for without a code_challenge."
        assert (400, "invalid_request", said) == error(response)

    def test_it_is_optional_only_where_the_settings_say_so(self, make_workshop: MakeWorkshop) -> None:
        """`pkce_optional`, for old clients (RFC 9700 section 2.1.1 forbids it)."""
        lenient = make_workshop(pkce_optional=True)
        code = lenient.allow(lenient.public)["code"]
        response = lenient.exchange(lenient.public, code, code_verifier="")
        assert 200 == response.status_code


def public_without_address(workshop: Workshop) -> Registered:
    """An application that answers can go to in several ways."""
    return workshop.register(
        "Two", kind=PUBLIC, redirect_uris=["https://one.example/cb", "https://two.example/cb"]
    )


def test_of_several_redirect_uris_the_one_asked_with_counts(workshop: Workshop) -> None:
    """A code for one place is not good with the other (RFC 6749 section 4.1.3)."""
    by = public_without_address(workshop)
    code = workshop.code(by, redirect_uri="https://one.example/cb")
    assert INVALID_GRANT == error(workshop.exchange(by, code, redirect_uri="https://two.example/cb"))
    assert 200 == workshop.exchange(by, code, redirect_uri="https://one.example/cb").status_code
