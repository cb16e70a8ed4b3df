"""Calls over real sockets and real TLS: what goes out, what comes back, and how each failure is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from bearerguard import Unavailable
from bearerguard.clients import ConnectionLost, HttpResponse, Unreachable
from bearerguard.clients.httpx import HttpxClient
from tests.clients.calling import Colour, both_colours, client, question, served, statuses
from tests.hostile import authority, handshakes
from tests.hostile.answers import ACTIVE, answer, chunked, head
from tests.hostile.behaviours import close_at_once, never, say
from tests.hostile.server import Behaviour, HostileServer

pytestmark = both_colours


@pytest.fixture
def http() -> Iterator[HttpxClient]:
    found = client()
    yield found
    found.close()


def kind_of(colour: Colour, http: HttpxClient, behave: Behaviour, **more: float) -> type[Unavailable]:
    """The class of the failure that a call ends in."""
    with served(behave) as server:
        [failure] = colour.calls(http, question(server, **more))
    assert isinstance(failure, Unavailable)
    return type(failure)


def test_a_call_is_made_as_it_was_asked_for(colour: Colour, http: HttpxClient) -> None:
    """The method, the path with its query, the fields and the content; and no coding is asked for."""
    with served() as server:
        url = f"{server.url()}?a=b%20c"
        colour.calls(http, question(url, fields={"Accept": "application/json", "User-Agent": "mine"}))
        [seen] = server.questions
    assert ("POST", "/introspect?a=b%20c", {"token": "one"}) == (seen.method, seen.path, seen.form)
    assert {
        "host": f"127.0.0.1:{server.port}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "mine",
        "content-length": "9",
    } == seen.fields


def test_a_client_says_who_it_is(colour: Colour, http: HttpxClient) -> None:
    """By the name of this package, where the call has no other."""
    with served() as server:
        colour.calls(http, question(server))
    assert server.questions[0].fields["user-agent"].startswith("bearerguard/")


def test_an_answer_is_given_whatever_its_status(colour: Colour, http: HttpxClient) -> None:
    """With lower-case names, lines of one name joined, and the media type without its parameters."""
    said = answer(b"no", "X-Many: 1", "x-MANY: 2", status="418 Teapot", kind="Content-Type: Text/Plain; a=b")
    with served(say(said)) as server:
        [response] = colour.calls(http, question(server))
    assert isinstance(response, HttpResponse)
    assert (418, b"no", "text/plain") == (response.status, response.content, response.media_type)
    assert {"content-type": "Text/Plain; a=b", "content-length": "2", "x-many": "1, 2"} == response.fields


def test_an_answer_without_a_media_type_has_an_empty_one(colour: Colour, http: HttpxClient) -> None:
    """And a missing field is missing."""
    with served(say(head("Content-Length: 0"))) as server:
        [response] = colour.calls(http, question(server))
    assert isinstance(response, HttpResponse)
    assert ("", {"content-length": "0"}) == (response.media_type, response.fields)


def test_the_bound_of_a_call_is_its_own(colour: Colour, http: HttpxClient) -> None:
    """Of the content, in bytes; the next call over the same client has another."""
    with served(say(answer(b"12345"))) as server:
        found = colour.calls(http, question(server, max_bytes=5), question(server, max_bytes=4))
    assert [200, "its answer is no use: it is longer than 4 bytes"] == statuses(found)


def test_what_is_about_everybody_counts(colour: Colour, http: HttpxClient) -> None:
    """Unreachable: no TLS, no answer in time."""
    assert Unreachable is kind_of(colour, http, never, timeout_seconds=0.1)
    with HostileServer(handshakes.plain) as server:
        [failure] = colour.calls(http, question(server.url().replace("http:", "https:")))
    assert Unreachable is type(failure)
    with HostileServer(say(answer()), authority.expired()) as server:
        [failure] = colour.calls(http, question(server))
    assert Unreachable is type(failure)


def test_a_server_that_is_not_there_counts(colour: Colour, http: HttpxClient) -> None:
    """And the log can say why."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    [failure] = colour.calls(http, question(f"https://127.0.0.1:{port}/"))
    assert isinstance(failure, Unreachable)
    assert "no connection: Connection refused" == str(failure)


def test_a_connection_that_is_lost_is_worth_one_more_try(colour: Colour, http: HttpxClient) -> None:
    """ConnectionLost, which counts for nothing."""
    assert ConnectionLost is kind_of(colour, http, close_at_once)
    assert ConnectionLost is kind_of(colour, http, say(b"what?\r\n\r\n"))
    assert not issubclass(ConnectionLost, Unreachable)


def test_an_answer_that_is_no_use_concerns_its_own_call(colour: Colour, http: HttpxClient) -> None:
    """Neither of both: it is not counted, and not asked for again."""
    assert Unavailable is kind_of(colour, http, say(answer(ACTIVE, "Content-Encoding: br")))
    assert Unavailable is kind_of(colour, http, say(answer(b"x" * 70_000)))


def test_connections_are_used_again(colour: Colour, http: HttpxClient) -> None:
    """One for all calls that are made one after the other."""
    with served() as server:
        assert [200] * 5 == statuses(colour.calls(http, *[question(server)] * 5))
        assert (1, 5) == (server.accepted, len(server.questions))


@pytest.mark.parametrize(
    "said",
    [
        chunked(ACTIVE),
        chunked(ACTIVE[:1], ACTIVE[1:]),
        answer(b"", status="400 Bad"),
        head("Content-Length: 0", status="503 Busy"),
        answer(b" " * 16_000),
    ],
    ids=["a chunk", "two chunks", "an error", "no content", "16,000 bytes"],
)
def test_connections_are_used_again_after_any_plain_answer(
    said: bytes, colour: Colour, http: HttpxClient
) -> None:
    """Whatever its status and its framing."""
    with served(say(said)) as server:
        colour.calls(http, *[question(server)] * 3)
        assert (1, 3) == (server.accepted, len(server.questions))


def test_connections_are_shared_by_all_that_call_at_once(colour: Colour, http: HttpxClient) -> None:
    """As many as there are calls at one time, and each of them gets its own answer."""
    with served() as server:
        tokens = [f"t{number}" for number in range(40)]
        for _ in range(3):
            found = colour.at_once(http, *(question(server, token) for token in tokens))
            said = [one.fields["x-token"] for one in found if isinstance(one, HttpResponse)]
            assert tokens == said
        loops = 3 if "Loop" in type(colour).__name__ else 1
        assert server.accepted <= 40 * loops
        assert 120 == len(server.questions)


def test_a_deadline_bounds_calls_that_reuse_a_connection(colour: Colour, http: HttpxClient) -> None:
    """Each call has its own, much shorter than the one before it or much longer."""
    began_at = time.monotonic()
    with served() as server:
        silent = question(server, "never", timeout_seconds=0.3)
        found = colour.calls(http, question(server), silent, question(server), question(server))
        assert [200, "no answer in time: see timeout_seconds=", 200, 200] == statuses(found)
        assert 2 == server.accepted
    assert time.monotonic() - began_at < 5


def test_two_servers_share_a_client(colour: Colour, http: HttpxClient) -> None:
    """Each gets what is meant for it."""
    with served() as one, served() as other:
        requests = [question(one, "one"), question(other, "other"), question(one, "one")]
        assert [200] * 3 == statuses(colour.calls(http, *requests))
        assert ["one", "one"] == [seen.token for seen in one.questions]
        assert ["other"] == [seen.token for seen in other.questions]
        assert (1, 1) == (one.accepted, other.accepted)


def test_plain_http_is_possible_where_it_is_allowed(colour: Colour, http: HttpxClient) -> None:
    """What is allowed is for the caller to say."""
    with HostileServer(say(answer())) as server:
        assert [200, 200] == statuses(colour.calls(http, question(server), question(server)))
        assert 1 == server.accepted


def test_no_thread_is_left_behind(colour: Colour, http: HttpxClient) -> None:
    """The look-up of a name runs on one of its own, until it is found."""
    with served() as server:
        colour.calls(http, question(server))
    assert [] == [one.name for one in threading.enumerate() if one.name == "bearerguard-resolve"]
