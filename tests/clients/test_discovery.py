"""Where an issuer says what of itself, and which of it is believed (RFC 8414)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.breaker import Unreachable
from bearerguard.clients import HttpRequest
from bearerguard.clients.discovery import well_known_urls
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.flow import run
from tests.clients.answering import answer, in_both_colours
from tests.clients.publishing import (
    FIRST,
    INTROSPECT,
    ISSUER,
    JWKS,
    NOTHING,
    SECOND,
    WHAT,
    Discovering,
    Publisher,
    lines,
    metadata,
)

HOST = "https://as.example.org"
OAUTH = ".well-known/oauth-authorization-server"
OPENID = ".well-known/openid-configuration"

DOWN = Unreachable("no answer in time: see timeout_seconds=")
ANOTHER_ISSUER = "its issuer is another one than ours, which it must equal to the letter"
ANOTHER_SLASH = "its issuer is ours but for the slash at the end: give it as the metadata has it"


@pytest.mark.parametrize(
    ("issuer", "first", "second"),
    [
        (HOST, f"{HOST}/{OAUTH}", f"{HOST}/{OPENID}"),
        (f"{HOST}/", f"{HOST}/{OAUTH}", f"{HOST}/{OPENID}"),
        (f"{HOST}/tenant", f"{HOST}/{OAUTH}/tenant", f"{HOST}/tenant/{OPENID}"),
        (f"{HOST}/tenant/", f"{HOST}/{OAUTH}/tenant", f"{HOST}/tenant/{OPENID}"),
        (f"{HOST}/realms/one", f"{HOST}/{OAUTH}/realms/one", f"{HOST}/realms/one/{OPENID}"),
        (f"{HOST}:8443/a", f"{HOST}:8443/{OAUTH}/a", f"{HOST}:8443/a/{OPENID}"),
        ("https://[2001:db8::1]/a", f"https://[2001:db8::1]/{OAUTH}/a", f"https://[2001:db8::1]/a/{OPENID}"),
    ],
)
def test_the_two_places(issuer: str, first: str, second: str) -> None:
    """Inserted before the path (RFC 8414 section 3.1), and appended to it (OpenID Discovery section 4.1)."""
    assert (first, second) == well_known_urls(issuer)


@in_both_colours
def test_the_first_place_is_asked_first(finish: Any) -> None:
    """One GET without a content, which says what it wants; and its answer is kept."""
    it = Discovering(finish=finish)
    found = it.find()
    assert (FIRST, {"jwks_uri": JWKS, "introspection_endpoint": INTROSPECT}) == (found.url, found.endpoints)
    expected = HttpRequest(
        method="GET", url=FIRST, fields={"Accept": "application/json"}, content=b"", timeout_seconds=5.0
    )
    assert [expected] == it.http.asked
    assert ["send" if finish is run else "asend"] == it.http.called
    assert (JWKS, 1) == (it.at_once(), it.http.times)


@in_both_colours
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 451])
def test_where_there_is_nothing_the_second_place_is_asked(finish: Any, status: int) -> None:
    """Amazon Cognito answers 400 to paths that it does not know, gates before a server 401 or 403."""
    it = Discovering({FIRST: answer(b"", status), SECOND: metadata()}, finish=finish)
    assert (SECOND, [FIRST, SECOND]) == (it.find().url, it.http.urls)


OUTAGES = [
    (DOWN, DOWN.what),
    (answer(b"", 429), "it answered 429"),
    (answer(b"", 503), "it answered 503"),
    (answer(b"", 408), "it answers 408: see metadata_url="),
    (answer(b"", 425), "it answers 425: see metadata_url="),
    (answer(b"", 500), "it answers 500: see metadata_url="),
    (answer(b"", 301), "it answers 301: see metadata_url="),
    (answer(b"", 302), "it answers 302: see metadata_url="),
    (answer({}, 201), "it answers 201: see metadata_url="),
    (answer(b"", 204), "it answers 204: see metadata_url="),
    (answer(b"<html>", 200, "text/html"), "its answer is not application/json: see metadata_url="),
    (answer(b"{}", 200, None), "its answer is not application/json: see metadata_url="),
    (answer(b"{"), "its answer makes no sense: not JSON"),
    (answer([]), "its answer makes no sense: not a JSON object"),
    (answer(b'{"issuer":"a","issuer":"b"}'), "its answer makes no sense: a member's name is repeated"),
    (answer({"a": list(range(5000))}), "its answer makes no sense: too many values"),
    (metadata(issuer=f"{HOST}/other"), ANOTHER_ISSUER),
]


@pytest.mark.parametrize(("page", "expected"), OUTAGES)
def test_an_outage_of_the_first_place_is_no_reason_to_believe_the_second(page: Any, expected: str) -> None:
    """Else whoever can disturb the one could choose the other."""
    it = Discovering({FIRST: page, SECOND: metadata()})
    assert (expected, [FIRST]) == (it.outcome(), it.http.urls)


@pytest.mark.parametrize(("page", "expected"), [*OUTAGES, (NOTHING, "it answers 404: see metadata_url=")])
def test_what_is_wrong_at_the_last_place_is_an_outage(
    page: Any, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In fixed words, once in the log, and never a refusal of anybody's token."""
    it = Discovering({SECOND: page})
    assert (expected, expected, [FIRST, SECOND] * 2) == (it.outcome(), it.outcome(), it.http.urls)
    assert [f"{WHAT} is unavailable, requests that need it get 503: {expected}"] == lines(caplog)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (f"{HOST}/tenant", f"{HOST}/tenant/", ANOTHER_SLASH),
        (f"{HOST}/tenant/", f"{HOST}/tenant", ANOTHER_SLASH),
        (HOST, f"{HOST}/", ANOTHER_SLASH),
        (f"{HOST}/tenant", f"{HOST}/tenant//", ANOTHER_SLASH),
        (f"{HOST}/tenant", f"{HOST}/Tenant", ANOTHER_ISSUER),
        (f"{HOST}/tenant", "https://AS.example.org/tenant", ANOTHER_ISSUER),
        (f"{HOST}/tenant", f"{HOST}:443/tenant", ANOTHER_ISSUER),
        (f"{HOST}/tenant", f"{HOST}/%74enant", ANOTHER_ISSUER),
        (f"{HOST}/tenant", f"{HOST}/tenant?x", ANOTHER_ISSUER),
        (f"{HOST}/tenant", f" {HOST}/tenant", ANOTHER_ISSUER),
        (f"{HOST}/tenant", "http://as.example.org/tenant", ANOTHER_ISSUER),
        (f"{HOST}/tenant", HOST, ANOTHER_ISSUER),
        (f"{HOST}/tenant", f"{HOST}/tenant-of-another", ANOTHER_ISSUER),
        (f"{HOST}/tenant", "https://attacker.example.net/tenant", ANOTHER_ISSUER),
        (f"{HOST}/tenant", [f"{HOST}/tenant"], ANOTHER_ISSUER),
        (f"{HOST}/tenant", 5, ANOTHER_ISSUER),
        (f"{HOST}/tenant", None, ANOTHER_ISSUER),
        (f"{HOST}/tenant", ..., ANOTHER_ISSUER),
    ],
)
def test_metadata_of_another_issuer_is_none(ours: str, theirs: Any, expected: str) -> None:
    """RFC 8414 section 3.3: identical; by whatever way another issuer's metadata came here (a mix-up)."""
    it = Discovering({well_known_urls(ours)[0]: metadata(issuer=theirs)}, issuer=ours)
    assert expected == it.outcome()


@pytest.mark.parametrize("issuer", [HOST, f"{HOST}/", f"{HOST}/tenant/", f"{HOST}/a//b", f"{HOST}:443"])
def test_an_issuer_is_taken_as_it_stands(issuer: str) -> None:
    """Auth0's end with a slash, and say so of themselves."""
    it = Discovering({well_known_urls(issuer)[0]: metadata(issuer=issuer)}, issuer=issuer)
    assert JWKS == it.outcome()


NO_URLS = [
    "http://as.example.org/x",
    "HTTP://as.example.org/x",
    "http://localhost/x",
    "//as.example.org/x",
    "/x",
    "",
    "file:///etc/passwd",
    "https://user:secret@as.example.org/x",
    "https://as.example.org/x#y",
    "https://as.example.org/ x",
    "https://as.example.org\\@attacker.example.net/",
    "https://as.example.org:x/",
    "https://0x7f.1/",
    "https:///x",
    5,
    True,
    ["https://as.example.org/x"],
    {},
]


@pytest.mark.parametrize("url", NO_URLS)
@pytest.mark.parametrize("member", ["jwks_uri", "introspection_endpoint"])
def test_an_endpoint_that_is_not_https_is_missed_where_it_is_needed(
    member: Any, url: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """And only there: one that nobody asks takes nothing away from the other."""
    it = Discovering({FIRST: metadata(**{member: url})})
    others = {"jwks_uri": JWKS, "introspection_endpoint": INTROSPECT}
    del others[member]
    assert others == it.find().endpoints
    assert [*others.values()] == [it.discovery.url_of(other).find() for other in others]  # type: ignore[arg-type]
    assert [] == lines(caplog)
    reason = f"the metadata's {member} is no https URL that could be asked"
    with pytest.raises(Unavailable, match=f"^{reason}$"):
        it.discovery.url_of(member).find()
    line = f"the {member} of as.example.org/tenant is unavailable, requests that need it get 503: {reason}"
    assert [line] == lines(caplog)


def test_an_endpoint_may_be_on_another_host() -> None:
    """As Google's keys are, and with a query."""
    elsewhere = "https://keys.example.net:8443/v3/certs?tenant=x"
    assert elsewhere == Discovering({FIRST: metadata(jwks_uri=elsewhere)}).outcome()


def test_on_this_machine_http_may_be_allowed() -> None:
    """For development: then for the endpoints as well, but for no other machine's."""
    issuer = "http://localhost:8080/realms/x"
    place = "http://localhost:8080/.well-known/oauth-authorization-server/realms/x"
    for url, expected in (
        ("http://127.0.0.1:8080/jwks", {"jwks_uri": "http://127.0.0.1:8080/jwks"}),
        ("http://as.example.org/jwks", {}),
    ):
        it = Discovering(
            {place: metadata(issuer=issuer, jwks_uri=url, introspection_endpoint=...)},
            issuer=issuer,
            allow_loopback_http=True,
        )
        assert expected == it.find().endpoints
    with pytest.raises(ConfigurationError, match="the issuer must be an https URL"):
        Discovering(issuer=issuer)


def test_the_place_can_be_said() -> None:
    """Then no other is asked, whatever is there; and the issuer is compared all the same."""
    url = "https://as.example.org/odd/place?x=y"
    it = Discovering({url: metadata(), FIRST: DOWN}, metadata_url=url)
    assert (JWKS, [url]) == (it.outcome(), it.http.urls)
    it = Discovering({FIRST: metadata()}, metadata_url=url)
    assert ("it answers 404: see metadata_url=", [url]) == (it.outcome(), it.http.urls)
    it = Discovering({url: metadata(issuer="https://x.example.org")}, metadata_url=url)
    assert ANOTHER_ISSUER == it.outcome()


def test_an_answer_is_bounded() -> None:
    """64 KiB, packed or unpacked, whoever makes the call."""
    it = Discovering()
    it.find()
    assert [65_536] == [request.max_bytes for request in it.http.asked]


@pytest.mark.parametrize("member", ["jwks_uri", "introspection_endpoint"])
@pytest.mark.parametrize("said", [..., None])
def test_what_is_not_named_is_missed_where_it_is_needed(
    member: Any, said: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """And only there, with a line in the log that says what is missing."""
    it = Discovering({FIRST: metadata(**{member: said})})
    others = {"jwks_uri": JWKS, "introspection_endpoint": INTROSPECT}
    del others[member]
    assert others == it.find().endpoints
    for _ in range(2):
        with pytest.raises(Exception, match=f"^the metadata names no {member}$"):
            it.discovery.url_of(member).find()
    line = f"the {member} of as.example.org/tenant is unavailable, requests that need it get 503: "
    assert {f"{line}the metadata names no {member}"} == set(lines(caplog))


def test_a_client_is_asked_for_nothing_while_building() -> None:
    """No network at construction."""
    assert [] == Discovering().http.asked


def test_the_publisher_of_these_tests() -> None:
    """Of several answers the last one stays."""
    http = Publisher(pages={FIRST: [NOTHING, metadata()]})
    request = HttpRequest(method="GET", url=FIRST, fields={}, content=b"", timeout_seconds=1)
    assert [404, 200, 200] == [http.send(request).status for _ in range(3)]
    assert ISSUER.encode() in http.send(request).content
