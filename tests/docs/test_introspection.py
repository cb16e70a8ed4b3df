"""docs/introspection.md: its files work, its log is the log, its curl line asks what the guard asks."""

from __future__ import annotations

import base64
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from bearerguard import (
    Cached,
    ClientBearerToken,
    ClientSecretBasic,
    ClientSecretPost,
    FirstMatch,
    Introspection,
    StoredTokens,
    Unavailable,
)
from bearerguard.clients import HttpRequest, Unreachable
from bearerguard.flow import run
from bearerguard.stores import TokenRecord
from bearerguard.stores.memory import MemoryTokenStore
from tests.docs.answers import ACTIVE, ENDPOINT, Bench, Edge, FakeClient, said
from tests.docs.pages import DOCS, ROOT, Block, blocks_of, prose_of
from tests.docs.raw_server import RawServer, says
from tests.docs.test_pages import write_files
from tests.support import App, bearer, credentials, server, stored

PAGE = DOCS / "introspection.md"
ELSEWHERE = "https://other.example.org/introspect"
API = ClientSecretBasic("api", "secret")
DOWN = Unreachable("no connection: Connection refused")


def block(language: str) -> Block:
    """The only block of a language."""
    (found,) = [one for one in blocks_of(PAGE) if one.language == language]
    return found


def test_its_own_tests_pass(tmp_path: Path) -> None:
    """The double stands in for a server, and no socket is opened."""
    write_files(PAGE, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", f"--rootdir={tmp_path}", "test_remote.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in done.stdout


def test_the_log_of_an_outage_is_the_page_s(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """From the first failure to the first answer, each line once and in this order."""
    http = FakeClient(said(ACTIVE))
    bench = Bench(edge, http, stale_if_error_seconds=600)
    bench.ask("known")
    http.answer = DOWN
    with caplog.at_level(logging.INFO, "bearerguard"):
        bench.move(60)
        for token in ("known", "new", "known", "known", "known", "known", "new"):
            bench.ask(token)
        http.answer = said(ACTIVE)
        bench.move(1)
        bench.ask("new")
    logged = [f"{record.levelname} {record.getMessage()}" for record in caplog.records]
    assert block("text").text.splitlines() == logged


def test_more_questions_than_may_be_in_flight_are_a_503_with_its_own_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The page's words, with 1 for its 64; see tests/clients for the bound itself."""
    http = FakeClient(said(ACTIVE))
    verifier = Introspection(ENDPOINT, client=API, http=http, max_in_flight=1)
    http.meanwhile = lambda: run(verifier.verify(credentials("another")))
    with pytest.raises(Unavailable):
        run(verifier.verify(credentials("token")))
    assert 1 == len(http.asked)
    line = caplog.records[0].getMessage().replace(": 1 calls", ": 64 calls")
    assert line in " ".join(prose_of(PAGE).split())


class CountedStore(MemoryTokenStore):
    """Counts what it is asked."""

    reads = 0

    def find(self, digest: bytes) -> TokenRecord | None:  # type: ignore[override]
        self.reads += 1
        return super().find(digest)


def test_local_and_remote_tokens_go_to_their_own_place_only(edge: Edge) -> None:
    """A local token is not shown to the server, a remote one costs no read of the store."""
    store, http = CountedStore(), FakeClient(said(ACTIVE))
    verifier = FirstMatch([StoredTokens(store), Cached(Introspection(ENDPOINT, client=API, http=http))])
    guarded = edge.guard(App(), server(verifier))
    assert 200 == edge.answer(guarded, headers=bearer("remote")).status
    assert (0, 1) == (store.reads, len(http.asked))
    assert 200 == edge.answer(guarded, headers=bearer(stored(store))).status
    assert (1, 1) == (store.reads, len(http.asked))


def test_the_first_of_two_servers_sees_the_tokens_of_the_second(edge: Edge) -> None:
    """Once, with one cache around both; and while it is down, nobody else is asked."""
    first, second = FakeClient(said({"active": False})), FakeClient(said(ACTIVE))
    servers = [
        Introspection(ENDPOINT, client=API, http=first),
        Introspection(ELSEWHERE, client=API, http=second),
    ]
    guarded = edge.guard(App(), server(Cached(FirstMatch(servers))))
    assert [200, 200] == [edge.answer(guarded, headers=bearer("token")).status for _ in range(2)]
    assert (1, 1) == (len(first.asked), len(second.asked))
    first.answer = DOWN
    assert [200, 503] == [edge.answer(guarded, headers=bearer(one)).status for one in ("token", "new")]
    assert 1 == len(second.asked)


@pytest.mark.parametrize(
    ("client", "field", "form"),
    [
        (ClientSecretBasic("a:b", "s+ß"), f"Basic {base64.b64encode(b'a%3Ab:s%2B%C3%9F').decode()}", {}),
        (ClientSecretPost("a:b", "s+ß"), None, {"client_id": ["a:b"], "client_secret": ["s+ß"]}),
        (ClientBearerToken("ours"), "Bearer ours", {}),
        (ClientBearerToken(lambda: "current"), "Bearer current", {}),
    ],
    ids=["basic", "post", "bearer", "function"],
)
def test_each_way_to_say_who_we_are_sends_what_its_row_says(
    client: ClientSecretBasic, field: str | None, form: dict[str, list[str]], edge: Edge
) -> None:
    """RFC 7662 section 2.1, RFC 6749 section 2.3.1."""
    http = FakeClient(said(ACTIVE))
    guarded = edge.guard(App(), server(Introspection(ENDPOINT, client=client, http=http)))
    edge.answer(guarded, headers=bearer("token"))
    assert (field, form) == (http.asked[0].fields.get("Authorization"), extra_of(http.asked[0]))


def extra_of(request: HttpRequest) -> dict[str, list[str]]:
    asked = parse_qs(request.content.decode())
    assert (["token"], ["access_token"]) == (asked.pop("token"), asked.pop("token_type_hint"))
    return asked


def test_the_curl_line_asks_what_the_guard_asks(edge: Edge) -> None:
    """Method, path, form, what is accepted, and who asks; the token is one with every odd character."""
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    token = "a-._~+/b=="
    with RawServer(says(b'{"active": false}')) as raw:
        endpoint = f"http://127.0.0.1:{raw.port}/introspect"
        line = block("sh").text.replace(ENDPOINT, endpoint).replace("-u api ", "-u api:secret ")
        done = subprocess.run(
            ["bash", "-c", line],
            env={**os.environ, "TOKEN": token},
            capture_output=True,
            text=True,
            check=True,
        )
        guard = server(Introspection(endpoint, client=API, allow_loopback_http=True))
        edge.answer(edge.guard(App(), guard), headers=bearer(token))
        guard.close()
    assert '{"active": false}' in done.stdout
    by_curl, by_guard = map(asked_of, raw.asked)
    assert by_curl == by_guard


def asked_of(request: bytes) -> tuple[str, dict[str, str | None], dict[str, list[str]]]:
    header, _, content = request.decode("ascii").partition("\r\n\r\n")
    start, *lines = header.split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines)
    compared = ("accept", "authorization", "content-type")
    return start, {name: fields.get(name) for name in compared}, parse_qs(content)
