"""Keys from a real server over TLS, and from servers that do everything wrong."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from bearerguard.clients.httpx import HttpxClient
from bearerguard.errors import Unavailable
from bearerguard.flow import arun, run
from bearerguard.keys.remote import RemoteKeys
from tests.hostile import answers, authority, behaviours, handshakes, rows
from tests.hostile.authority import ca_file
from tests.hostile.server import Behaviour, HostileServer
from tests.keys.material import MESSAGE, jwk, sign
from tests.support import Clock

CONTENT = json.dumps({"keys": [jwk("RSA", kid="a"), jwk("P-256", kid="b")]}).encode()
GOOD = answers.answer(CONTENT)
HTML = answers.answer(b"<html>", kind="Content-Type: text/html")
SHORT_SECONDS = 0.4  # the deadline of rows that meet it


class Row(NamedTuple):
    """What a server does, and what becomes of whoever needs its keys."""

    behave: Behaviour
    why: str
    calls: int = 1
    late: bool = False
    context: Callable[[], Any] | None = authority.good


def reason(outcome: tuple[int, str | None]) -> str:
    assert outcome[1] is not None
    return outcome[1]


NO_SET = "its answer is no key set: not JSON"
HOSTILE = {
    "never answers": Row(behaviours.never, reason(rows.LATE), late=True),
    "drips": Row(behaviours.drip(GOOD), reason(rows.LATE), late=True),
    "drips for ever": Row(
        behaviours.drip_for_ever(b" ", behind=answers.head(answers.JSON) + CONTENT),
        reason(rows.LATE),
        late=True,
    ),
    "floods": Row(
        behaviours.flood(
            b"1000\r\n" + b" " * 4096 + b"\r\n",
            behind=answers.head(answers.JSON, "Transfer-Encoding: chunked"),
        ),
        reason(rows.TOO_LONG),
    ),
    "65,537 bytes": Row(behaviours.say(answers.answer(CONTENT.ljust(65_537))), reason(rows.TOO_LONG)),
    "a bomb": Row(behaviours.say(answers.coded(answers.bomb(50_000_000), "gzip")), reason(rows.TOO_LONG)),
    "another coding": Row(behaviours.say(answers.coded(CONTENT, "br")), reason(rows.NO_CODING)),
    "cut off": Row(behaviours.say_and_close(GOOD[:-1]), reason(rows.LOST), calls=2),
    "closes at once": Row(behaviours.close_at_once, reason(rows.LOST), calls=2),
    "resets": Row(behaviours.say_and_reset(GOOD[:-10]), reason(rows.LOST), calls=2),
    "not HTTP": Row(behaviours.say_and_close(b"SSH-2.0-OpenSSH_9.9\r\n"), reason(rows.LOST), calls=2),
    "redirects": Row(behaviours.redirect("302 Found"), "it answers 302"),
    "redirects for good": Row(behaviours.redirect("308 Permanent Redirect"), "it answers 308"),
    "HTML": Row(behaviours.say(HTML), "its answer is neither application/json nor application/jwk-set+json"),
    "HTML that says JSON": Row(behaviours.say(answers.answer(b"<html>")), NO_SET),
    "nothing": Row(behaviours.say(answers.answer(b"")), NO_SET),
    "not modified": Row(behaviours.say(answers.answer(b"", status="304 Not Modified")), "it answers 304"),
    "another's certificate": Row(
        behaviours.say(GOOD),
        reason(rows.certificate("IP address mismatch, certificate is not valid for '127.0.0.1'.")),
        context=authority.wrong_host,
    ),
    "an expired certificate": Row(
        behaviours.say(GOOD), reason(rows.certificate("certificate has expired")), context=authority.expired
    ),
    "an unknown authority": Row(
        behaviours.say(GOOD),
        reason(rows.certificate("unable to get local issuer certificate")),
        context=authority.other_authority,
    ),
    "plain HTTP": Row(handshakes.plain, reason(rows.TLS), context=None),
}


def remote_keys(server: HostileServer, **settings: Any) -> RemoteKeys:
    """Keys of this server, over a client that knows its authority."""
    url = server.url().replace("http:", "https:")
    return RemoteKeys(
        url, **{"http": HttpxClient(ca_file=ca_file("ours")), "monotonic": Clock(500.0), **settings}
    )


def clock_of(keys: RemoteKeys) -> Clock:
    clock: Any = keys._endpoint.monotonic
    assert isinstance(clock, Clock)
    return clock


class Blocking:
    """On a thread."""

    def session(self, keys: RemoteKeys, *steps: Callable[[], Any]) -> list[Any]:
        try:
            return [_outcome(step, run) for step in steps]
        finally:
            run(keys.close())


class OnALoop:
    """All on one event loop, as an application has it."""

    def session(self, keys: RemoteKeys, *steps: Callable[[], Any]) -> list[Any]:
        async def main() -> list[Any]:
            try:
                return [await _aoutcome(step) for step in steps]
            finally:
                await arun(keys.close())

        return asyncio.run(main())


both_colours = pytest.mark.parametrize("colour", [Blocking(), OnALoop()], ids=["blocking", "on a loop"])


def _outcome(step: Callable[[], Any], finish: Callable[[Any], Any]) -> Any:
    try:
        found = step()
        return _kids(found if found is None or isinstance(found, tuple) else finish(found))
    except Unavailable as error:
        return error.what


async def _aoutcome(step: Callable[[], Any]) -> Any:
    try:
        found = step()
        return _kids(found if found is None or isinstance(found, tuple) else await arun(found))
    except Unavailable as error:
        return error.what


def _kids(found: Any) -> Any:
    return found if found is None else [key.kid for key in found]


@both_colours
def test_keys_come_from_a_server(colour: Any) -> None:
    """One GET over TLS for all that follows, and what it brings verifies signatures."""
    with HostileServer(behaviours.say(GOOD), authority.good()) as server:
        keys = remote_keys(server)
        good: list[bool] = []

        def verify() -> Any:
            (key,) = keys.find("a", "RS256")  # type: ignore[misc]
            good.append(key.verify("RS256", MESSAGE, sign("RS256", "RSA")))

        found = colour.session(
            keys, lambda: keys.find("a", "RS256"), lambda: keys.find("b", "ES256"), verify, keys.warm_up
        )
        assert ([["a"], ["b"], None, None], [True]) == (found, good)
        (question,) = server.questions
    assert ("GET", "/introspect", {}) == (question.method, question.path, question.form)
    assert {"host", "accept", "accept-encoding", "user-agent"} == question.fields.keys()


@both_colours
def test_keys_are_fetched_aside_from_a_server(colour: Any) -> None:
    """On connections of a thread, which are closed with the others."""
    with HostileServer(behaviours.say(GOOD), authority.good()) as server:
        keys = remote_keys(server)

        def ahead() -> Any:
            clock_of(keys).move(480)
            found = keys.find("a", "RS256")
            keys._document._aside.wait(10)
            return found

        assert [["a"], ["a"], ["a"]] == colour.session(
            keys, lambda: keys.find("a", "RS256"), ahead, lambda: keys.find("a", "RS256")
        )
        server.wait_for(lambda server: server.open == 0)
        assert 2 == len(server.questions)


@both_colours
@pytest.mark.parametrize("row", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_server_is_an_outage(row: Row, colour: Any) -> None:
    """Soon, in fixed words, with no call more than it takes; a redirection leads nowhere."""
    with (
        HostileServer(row.behave, row.context and row.context()) as server,
        HostileServer(behaviours.say(GOOD)) as elsewhere,
    ):
        server.elsewhere = elsewhere.url()
        keys = remote_keys(server, timeout_seconds=SHORT_SECONDS if row.late else 10.0)
        began_at = time.perf_counter()
        outcomes = colour.session(keys, lambda: keys.find("a", "RS256"))
        seconds = time.perf_counter() - began_at
        assert ([row.why], row.calls, 0) == (outcomes, server.calls, elsewhere.accepted)
        assert seconds < (SHORT_SECONDS + 1.0 if row.late else 5.0)


@both_colours
def test_the_last_good_keys_outlive_a_server_that_turns_hostile(colour: Any) -> None:
    """A key that is looked for then is not known to be bad."""

    def behave(talk: Any) -> None:
        turned = behaviours.redirect("302 Found")
        talk.read()
        talk.send(GOOD)
        turned(talk)

    with (
        HostileServer(behave, authority.good()) as server,
        HostileServer(behaviours.say(GOOD)) as elsewhere,
    ):
        server.elsewhere = elsewhere.url()
        keys = remote_keys(server)

        def later() -> Any:
            clock_of(keys).move(600)
            return keys.find("a", "RS256")

        outcomes = colour.session(
            keys, lambda: keys.find("a", "RS256"), later, lambda: keys.find("x", "RS256")
        )
        assert [["a"], ["a"], "it answers 302"] == outcomes
        assert (3, 0) == (len(server.questions), elsewhere.accepted)
