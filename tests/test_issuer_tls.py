"""Metadata, keys and answers of a real server over TLS, and of servers that do everything wrong."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from bearerguard import ClientSecretBasic, Decision, Issuer, ResourceServer
from bearerguard.clients.httpx import HttpxClient
from tests.hostile import answers, authority, behaviours, handshakes, rows
from tests.hostile.authority import ca_file
from tests.hostile.server import Behaviour, HostileServer
from tests.hostile.talk import Talk
from tests.signing import RSA, access_claims, key_set, sign
from tests.support import (
    RESOURCE,
    App,
    AsgiEdge,
    Clock,
    Reply,
    WsgiEdge,
    asgi_scope,
    bearer,
    drive_asgi,
    reply_of,
)

FIRST = "/.well-known/oauth-authorization-server/tenant"
SECOND = "/tenant/.well-known/openid-configuration"
NOTHING = answers.answer(b"<html>", kind="Content-Type: text/html", status="404 Not Found")
HTML = answers.answer(b"<html>", kind="Content-Type: text/html")
SHORT_SECONDS = 0.4  # the deadline of rows that meet it

edges = pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=lambda edge: edge.name)
Edge = AsgiEdge | WsgiEdge


class Provider:
    """An authorization server for one tenant; each page is what it answers there."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}

    def publish(self, port: int, place: str = FIRST, **members: Any) -> None:
        self.issuer = f"https://{authority.HOST}:{port}/tenant"
        said = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "introspection_endpoint": f"{self.issuer}/introspect",
            **members,
        }
        self.pages |= {
            place: answers.answer(json.dumps(said).encode()),
            "/tenant/jwks": answers.answer(json.dumps(key_set(RSA)).encode()),
            "/tenant/introspect": answers.answer(),
        }

    def __call__(self, talk: Talk) -> None:
        while True:
            talk.send(self.pages.get(talk.read().path, NOTHING))

    def token(self, **claims: Any) -> str:
        return sign(access_claims(iss=self.issuer, **claims))


class Api:
    """Guarded by the one-liner, over a client that knows the server's authority."""

    def __init__(self, edge: Edge, issuer: str, *, timeout_seconds: float = 10.0) -> None:
        self._edge = edge
        self.clock = Clock(500.0)
        self.http = HttpxClient(ca_file=ca_file("ours"))
        self.heard: list[Decision] = []
        found = Issuer(
            issuer, http=self.http, now=Clock(), monotonic=self.clock, timeout_seconds=timeout_seconds
        )
        client = ClientSecretBasic("api", "a-secret-of-ours")
        self.server = ResourceServer.for_issuer(
            found, resource=RESOURCE, client=client, now=Clock(), on_decision=self.heard.append
        )
        self.guarded = edge.guard(App(), self.server)

    def ask(self, *steps: str | Callable[[], object]) -> list[Any]:
        """Send these tokens, and do what is between them; under ASGI all of it on one event loop."""
        if isinstance(self._edge, AsgiEdge):
            return asyncio.run(self._aask(steps))
        found = [self._outcome(self._edge.answer, step) for step in steps]
        self.server.close()
        return [one for one in found if one is not None]

    async def _aask(self, steps: Any) -> list[Any]:
        found = []
        for step in steps:
            if isinstance(step, str):
                sent = await drive_asgi(self.guarded, asgi_scope(headers=bearer(step)), [])
                found.append(self._outcome_of(reply_of(sent)))
            else:
                step()
        await self.server.aclose()
        return found

    def _outcome(self, answer: Any, step: Any) -> Any:
        if isinstance(step, str):
            return self._outcome_of(answer(self.guarded, headers=bearer(step)))
        step()
        return None

    def _outcome_of(self, reply: Reply) -> tuple[int, str | None]:
        return reply.status, self.heard[-1].reason


@contextmanager
def providing(place: str = FIRST, **members: Any) -> Iterator[tuple[Provider, HostileServer]]:
    """A provider that is being served."""
    provider = Provider()
    with HostileServer(provider, authority.good()) as server:
        provider.publish(server.port, place, **members)
        yield provider, server


@edges
@pytest.mark.parametrize("place", [FIRST, SECOND])
def test_a_name_is_enough(edge: Edge, place: str) -> None:
    """Signed tokens by keys, others by a question; and each document is fetched once."""
    with providing(place) as (provider, server):
        text = provider.token()
        outcomes = Api(edge, provider.issuer).ask(text, text, provider.token(jti="2"), "opaque", "opaque")
        assert [(200, None)] * 5 == outcomes
        paths = [question.path for question in server.questions]
        assert [*dict.fromkeys([FIRST, place]), "/tenant/jwks", "/tenant/introspect"] == paths
        (asked,) = [question for question in server.questions if question.method == "POST"]
    assert "opaque" == asked.token
    assert all("authorization" not in question.fields for question in server.questions if question != asked)


@edges
def test_endpoints_may_be_on_another_server(edge: Edge) -> None:
    """RFC 8414 section 2: any https URL."""
    elsewhere = Provider()
    with HostileServer(elsewhere, authority.good()) as other:
        elsewhere.publish(other.port)
        with providing(jwks_uri=f"{elsewhere.issuer}/jwks") as (provider, server):
            assert [(200, None)] == Api(edge, provider.issuer).ask(provider.token())
        assert ([FIRST], ["/tenant/jwks"]) == tuple(
            [question.path for question in one.questions] for one in (server, other)
        )


@edges
def test_the_metadata_of_another_is_not_believed(edge: Edge) -> None:
    """A mix-up: whoever brings our API to ask there gets no say in whose keys are ours."""
    with providing(issuer="https://attacker.example.net") as (provider, server):
        outcomes = Api(edge, provider.issuer).ask(provider.token(), "opaque")
        why = "its issuer is another one than ours, which it must equal to the letter"
        assert [(503, why)] * 2 == outcomes
        assert {FIRST} == {question.path for question in server.questions}


@edges
def test_endpoints_over_http_are_not_asked(edge: Edge) -> None:
    """Neither for keys nor about tokens."""
    with HostileServer(behaviours.say(answers.answer())) as plain:
        for member in ("jwks_uri", "introspection_endpoint"):
            with providing(**{member: plain.url()}) as (provider, _):
                text = provider.token() if member == "jwks_uri" else "opaque"
                (outcome,) = Api(edge, provider.issuer).ask(text)
                assert (503, f"the metadata's {member} is no https URL that could be asked") == outcome
        assert 0 == plain.accepted


@edges
def test_an_outage_and_a_recovery(edge: Edge) -> None:
    """The second place says something else all the while, and is not asked."""
    with providing() as (provider, server):
        good = provider.pages[FIRST]
        provider.pages[SECOND] = answers.answer(json.dumps({"issuer": provider.issuer}).encode())
        provider.pages[FIRST] = answers.answer(b"", status="503 Service Unavailable")
        text = provider.token()
        outcomes = Api(edge, provider.issuer).ask(text, lambda: provider.pages.update({FIRST: good}), text)
        assert [(503, "it answered 503"), (200, None)] == outcomes
        assert [FIRST, FIRST, "/tenant/jwks"] == [question.path for question in server.questions]


@edges
def test_another_jwks_uri_is_used_from_then_on(edge: Edge) -> None:
    """And what stood in the old one is good no more."""
    with providing() as (provider, server):
        api = Api(edge, provider.issuer)

        def moves() -> None:
            provider.publish(server.port, jwks_uri=f"{provider.issuer}/new")
            provider.pages["/tenant/new"] = answers.answer(json.dumps(key_set()).encode())
            api.clock.move(3600)

        new = answers.answer(json.dumps(key_set(RSA, kid="other")).encode())
        outcomes = api.ask(
            provider.token(),
            moves,
            lambda: provider.pages.update({"/tenant/new": new}),
            provider.token(jti="2"),
        )
        assert [(200, None), (401, "invalid_token: signed by an unknown key")] == outcomes
        assert "/tenant/new" in [question.path for question in server.questions]


class Row(NamedTuple):
    """What a server does when it is asked for metadata, and what becomes of the request."""

    behave: Behaviour
    why: str
    calls: int = 1
    late: bool = False
    context: Callable[[], Any] | None = authority.good


def reason(outcome: tuple[int, str | None]) -> str:
    assert outcome[1] is not None
    return outcome[1]


GOOD = answers.answer(b'{"issuer":"https://x.example.org"}')
HOSTILE = {
    "never answers": Row(behaviours.never, reason(rows.LATE), late=True),
    "drips": Row(behaviours.drip(GOOD), reason(rows.LATE), late=True),
    "floods": Row(
        behaviours.flood(
            b"1000\r\n" + b" " * 4096 + b"\r\n",
            behind=answers.head(answers.JSON, "Transfer-Encoding: chunked"),
        ),
        reason(rows.TOO_LONG),
    ),
    "65,537 bytes": Row(behaviours.say(answers.answer(b"{}".ljust(65_537))), reason(rows.TOO_LONG)),
    "a bomb": Row(behaviours.say(answers.coded(answers.bomb(50_000_000), "gzip")), reason(rows.TOO_LONG)),
    "a great many members": Row(
        behaviours.say(answers.answer(json.dumps({str(at): at for at in range(4097)}).encode())),
        "its answer makes no sense: too many values",
    ),
    "goes deep": Row(
        behaviours.say(answers.answer(answers.nested(17))), "its answer makes no sense: nested too deeply"
    ),
    "cut off": Row(behaviours.say_and_close(GOOD[:-1]), reason(rows.LOST), calls=2),
    "closes at once": Row(behaviours.close_at_once, reason(rows.LOST), calls=2),
    "not HTTP": Row(behaviours.say_and_close(b"SSH-2.0-OpenSSH_9.9\r\n"), reason(rows.LOST), calls=2),
    "redirects": Row(behaviours.redirect("302 Found"), "it answers 302: see metadata_url="),
    "redirects for good": Row(
        behaviours.redirect("308 Permanent Redirect"), "it answers 308: see metadata_url="
    ),
    "HTML": Row(behaviours.say(HTML), "its answer is not application/json: see metadata_url="),
    "HTML that says JSON": Row(
        behaviours.say(answers.answer(b"<html>")), "its answer makes no sense: not JSON"
    ),
    "nothing anywhere": Row(behaviours.say(NOTHING), "it answers 404: see metadata_url=", calls=2),
    "another's certificate": Row(
        behaviours.say(GOOD),
        reason(rows.certificate("IP address mismatch, certificate is not valid for '127.0.0.1'.")),
        context=authority.wrong_host,
    ),
    "an unknown authority": Row(
        behaviours.say(GOOD),
        reason(rows.certificate("unable to get local issuer certificate")),
        context=authority.other_authority,
    ),
    "plain HTTP": Row(handshakes.plain, reason(rows.TLS), context=None),
}


@edges
@pytest.mark.parametrize("row", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_server_is_an_outage(row: Row, edge: Edge) -> None:
    """Soon, in fixed words, with no call more than it takes; a redirection leads nowhere."""
    with (
        HostileServer(row.behave, row.context and row.context()) as server,
        HostileServer(behaviours.say(GOOD)) as elsewhere,
    ):
        server.elsewhere = elsewhere.url()
        api = Api(
            edge,
            f"https://{authority.HOST}:{server.port}/tenant",
            timeout_seconds=SHORT_SECONDS if row.late else 10.0,
        )
        began_at = time.perf_counter()
        outcomes = api.ask("opaque")
        seconds = time.perf_counter() - began_at
        assert ([(503, row.why)], row.calls, 0) == (outcomes, server.calls, elsewhere.accepted)
        assert seconds < (SHORT_SECONDS + 1.0 if row.late else 5.0)
