"""docs/discovery.md: what its tables promise is what happens, and what it shows is what is printed."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from bearerguard import Cached, FirstMatch, Issuer, StoredTokens, Unavailable
from bearerguard.adapters.asgi import WARM_UP_SECONDS
from bearerguard.breaker import Unreachable
from bearerguard.cli import main
from bearerguard.clients.discovery import PAUSE_SECONDS, well_known_urls
from bearerguard.issuer import DEFAULT_AGE_SECONDS
from bearerguard.stores import issue
from bearerguard.stores.memory import MemoryTokenStore
from tests.clients.answering import answer
from tests.clients.publishing import FIRST, ISSUER, SECOND, Discovering, lines, metadata
from tests.docs.pages import DOCS, blocks_of, prose_of, tables_of
from tests.hostile import answers, authority
from tests.issuing import CLIENT, OPAQUE, Api, token
from tests.signing import ED25519, RSA, encode, key_set
from tests.support import App, AsgiEdge, WsgiEdge, bearer, server
from tests.test_issuer_tls import providing

PAGE = DOCS / "discovery.md"
DOWN = Unreachable("no answer in time: see timeout_seconds=")

edges = pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=lambda edge: edge.name)


def rows_of(heading: str, columns: int) -> list[list[str]]:
    """Give the rows of the tables of so many columns under a heading, without their heads."""
    section = re.split(r"\n##+ ", prose_of(PAGE).split(f"# {heading}\n")[1])[0]
    rows = [row for row in tables_of(section) if len(row) == columns]
    return rows[1:]


def spans_of(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("row", rows_of("Where the metadata is", 3))
def test_the_places_are_those_of_the_table(row: list[str]) -> None:
    """For an issuer with a path and without, with a slash at its end and without."""
    issuer, first, second = (spans_of(cell)[0] for cell in row)
    assert (first, second) == well_known_urls(issuer)


AT_THE_FIRST_PLACE: dict[str, list[Any]] = {
    "400, 401, 403, 404, 405, 410: any 4xx but 408, 425 and 429": [
        answer(b"", status) for status in range(400, 500) if status not in (408, 425, 429)
    ],
    "408, 425, 429, 500, 503, a redirection, nothing in time": [
        DOWN,
        *(answer(b"", status) for status in (408, 425, 429, 500, 503, 301, 302, 303, 307, 308)),
    ],
    "200 with HTML, with no JSON, with another issuer's name": [
        answer(b"<html>", content_type="text/html"),
        answer(b"<html>"),
        metadata(issuer="https://other.example.org"),
    ],
}


def test_what_the_first_place_answers_decides_about_the_second() -> None:
    """Row by row."""
    rows = rows_of("Where the metadata is", 2)
    assert list(AT_THE_FIRST_PLACE) == [row[0] for row in rows]
    for (cases, (_, so)), is_second in zip(
        zip(AT_THE_FIRST_PLACE.values(), rows, strict=True), (True, False, False), strict=True
    ):
        assert is_second == ("second place is asked" in so)
        for page in cases:
            it = Discovering({FIRST: page, SECOND: metadata()})
            it.outcome()
            assert ([FIRST, SECOND] if is_second else [FIRST]) == it.http.urls


SAID: dict[str, list[Any]] = {
    "no JSON; a member twice; more than 4,096 values; more than 64 KiB": [
        answer(b"x"),
        answer(b'{"a":1,"a":1}'),
        answer({"a": [0] * 4097}),
    ],
    "`Content-Type: text/html`, or none": [
        answer({}, content_type=content_type) for content_type in ("text/html", None)
    ],
    "status 404 at the last place": [answer(b"", 404)],
    "status 302: never followed": [answer(b"", 302)],
    "status 503": [answer(b"", 503)],
}


def cases_of(cell: str) -> list[Any]:
    """Give the answers that a cell is about: members that it names, or what is listed here."""
    if cell in SAID:
        return SAID[cell]
    members = [json.loads(f"{{{span}}}") for span in spans_of(cell) if re.match(r'"\w+": ', span)]
    members += [{"issuer": ...}] if ", or none" in cell else []
    members += [{member: ...} for member in re.findall(r"^no `(\w+)`", cell)]
    return [metadata(**one) for one in members or [{}]]


def failure_of(page: Any, member: Any) -> str | None:
    """Say why an endpoint cannot be found where this is the metadata; None where it can."""
    it = Discovering({SECOND: page})
    try:
        it.find()
        it.discovery.url_of(member).find()
    except Unavailable as error:
        return error.what
    return None


@pytest.mark.parametrize("row", rows_of("What is believed", 2), ids=lambda row: row[0])
def test_what_the_metadata_says_becomes_what_the_table_says(
    row: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """In the words of the log, and in no others."""
    said, log = row
    member = "introspection_endpoint" if "opaque token" in said else "jwks_uri"
    whose = f"the {member}" if "`the metadata" in log else "the metadata"
    line = f"{whose} of as.example.org/tenant is unavailable, requests that need it get 503: "
    for at, page in enumerate(cases_of(said)):
        failure = failure_of(page, member)
        assert (spans_of(log) or [None])[0] == failure or (at > 0 and "or what it is" in log)
        assert ([] if failure is None else [f"{line}{failure}"]) == lines(caplog)


def test_the_beginning_of_the_log_line_is_on_the_page() -> None:
    """For whoever searches for it."""
    expected = "`the metadata of as.example.org/tenant is unavailable, requests that need it get 503: `"
    assert expected in prose_of(PAGE)


TOKENS = {
    "a JWT of this issuer": token(),
    "a JWT of another issuer": token(iss="https://other.example.org"),
    "a JWT whose claims cannot be read": ".".join([encode(b'{"alg":"RS256"}'), encode(b"{,}"), "AAAA"]),
    "anything else, such as an opaque token": OPAQUE,
}


@edges
def test_each_kind_of_token_is_treated_as_the_table_says(edge: Any) -> None:
    """Who is asked about it, and what becomes of it."""
    rows = rows_of("In one line", 3)
    assert list(TOKENS) == [row[0] for row in rows]
    for text, (_, without, with_client) in zip(TOKENS.values(), rows, strict=True):
        assert becomes(Api(edge), text) == promised(without)
        expected = without if with_client.startswith("the same") else with_client
        assert becomes(Api(edge, client=CLIENT), text) == promised(expected)


@edges
def test_a_store_beside_an_issuer_changes_identities(edge: Any) -> None:
    """As the page says of the pieces: the subject stays."""
    api = Api(edge)
    assert ((200, None), "alice") == (api.outcome(token()), api.identity)
    store = MemoryTokenStore()
    ours, record = issue(subject="alice")
    store.add(record)
    app = App()
    both = FirstMatch([StoredTokens(store), Cached(api.issuer.verifier(client=CLIENT))])
    guarded = edge.guard(app, server(both, now=api.now))
    found = []
    for text in (token(), ours):
        assert 200 == edge.answer(guarded, headers=bearer(text)).status
        assert app.authentication is not None
        assert "alice" == app.authentication.subject
        found.append(app.authentication.user.identity)
    assert [f"{ISSUER}|alice", "stored:bg_|alice"] == found
    assert f"of the store `{found[1]}`" in prose_of(PAGE)


def becomes(api: Api, text: str) -> tuple[Any, bool, bool]:
    """What a request becomes, whether anybody was called, and whether about the token."""
    outcome = api.outcome(text)
    return outcome, api.http.times > 0, any(one.method == "POST" for one in api.http.asked)


def promised(cell: str) -> tuple[Any, bool, bool]:
    if cell.startswith("401"):
        return (401, f"invalid_token: {spans_of(cell)[0]}"), "no call" not in cell, False
    return (200, None), True, "is asked" in cell


def test_the_numbers_are_those_of_the_code() -> None:
    """How long it is good, and how often it is tried."""
    settings = inspect.signature(Issuer).parameters
    text = prose_of(PAGE)
    for name in ("min_age_seconds", "max_age_seconds", "max_stale_seconds"):
        assert f"{settings[name].default:,.0f} s" in text
    assert f"{DEFAULT_AGE_SECONDS:,.0f} s where it does not say" in text
    assert f"every {PAUSE_SECONDS:.0f} s a thread tries again" in text
    assert f"That takes {WARM_UP_SECONDS:.0f} seconds at most" in text


def shown(at: int) -> str:
    block = [block for block in blocks_of(PAGE) if block.language == "text"][at]
    return block.text.split("\n", 1)[1]


def printed(issuer: str, port: int) -> str:
    ca_file = str(authority.ca_file("ours"))
    result = CliRunner().invoke(main, ["check", "--issuer", issuer, "--ca-file", ca_file])
    return result.stdout.replace(f"127.0.0.1:{port}", "as.example.org")


def test_the_command_prints_what_the_page_shows() -> None:
    """Of an issuer that is well but for one key, and of one that calls itself otherwise."""
    with providing() as (provider, server):
        keys = [*key_set(RSA, ED25519)["keys"], {"kty": "RSA", "n": "AQ", "e": "AQAB"}]
        provider.pages["/tenant/jwks"] = answers.answer(json.dumps({"keys": keys}).encode())
        assert shown(0) == printed(provider.issuer, server.port)
        provider.publish(server.port, issuer=f"{provider.issuer}/")
        assert shown(1) == printed(provider.issuer, server.port)
