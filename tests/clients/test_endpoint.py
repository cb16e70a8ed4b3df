"""One endpoint, asked with care: one deadline, one more try; what counts against it, and what does not."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard.breaker import Unreachable
from bearerguard.clients import MAX_ANSWER_BYTES, ConnectionLost, HttpRequest, HttpResponse
from bearerguard.errors import InvalidToken, Reason, Unavailable
from tests.clients.answering import answer, in_both_colours
from tests.clients.asking import URL, Asking

LOST = ConnectionLost("the connection was lost, or what came over it is not HTTP")
LEFT_ALONE = "the endpoint of as.example.org has failed several times in a row and is left alone for a while"


@in_both_colours
def test_a_question_goes_out_as_it_was_asked(finish: Any) -> None:
    """In its own colour, with its bounds; and what `read` makes of the answer comes back."""
    it = Asking(answer(b"content", 404))
    seen: list[HttpResponse] = []

    def read(response: HttpResponse) -> str:
        seen.append(response)
        return "read"

    assert "read" == finish(it.ask(read))
    expected = HttpRequest(
        method="POST", url=URL, fields={"Accept": "x"}, content=b"a=b", timeout_seconds=2.0, max_bytes=65_536
    )
    assert ([expected], [answer(b"content", 404)]) == (it.client.asked, seen)
    assert ["send" if finish.__name__ == "run" else "asend"] == it.client.called
    assert 65_536 == MAX_ANSWER_BYTES


def test_without_a_content_there_is_none() -> None:
    """A GET has none."""
    it = Asking()
    flow = it.endpoint.ask(lambda response: response.status, method="GET", fields={})
    next(flow).perform()
    flow.close()
    assert [("GET", b"")] == [(one.method, one.content) for one in it.client.asked]


@in_both_colours
def test_a_connection_that_is_lost_is_worth_one_more_try(finish: Any) -> None:
    """Within what is left of the deadline."""
    it = Asking(LOST, answer(b"content"))
    it.client.meanwhile = lambda: it.clock.move(0.5)
    assert b"content" == finish(it.ask())
    assert [2.0, 1.5] == [one.timeout_seconds for one in it.client.asked]


@in_both_colours
def test_there_is_no_third_try(finish: Any) -> None:
    """What is lost twice is lost."""
    it = Asking(LOST, LOST, answer(b"content"))
    assert LOST is it.failure(finish)
    assert 2 == it.client.times


@in_both_colours
@pytest.mark.parametrize(("seconds", "times"), [(1.875, 2), (2.0, 1), (3.0, 1)])
def test_there_is_no_second_try_after_the_deadline(finish: Any, seconds: float, times: int) -> None:
    """Where nothing is left, nobody waits for more."""
    it = Asking(LOST, answer(b"content"))
    it.client.meanwhile = lambda: it.clock.move(seconds)
    if times == 2:
        assert b"content" == finish(it.ask())
    else:
        assert LOST is it.failure(finish)
    assert times == it.client.times


@in_both_colours
@pytest.mark.parametrize(
    "error",
    [Unreachable("no answer within 2 seconds"), Unavailable("its answer is no use"), LookupError("x")],
)
def test_another_failure_is_never_tried_again(finish: Any, error: Exception) -> None:
    """The server may have done its work already, or have too much of it."""
    it = Asking(error, answer(b"content"))
    with pytest.raises(type(error)) as caught:
        finish(it.ask())
    assert (error, 1) == (caught.value, it.client.times)


@in_both_colours
def test_a_second_try_that_fails_otherwise_says_so(finish: Any) -> None:
    """It is the last word."""
    error = Unreachable("TLS failed")
    assert error is Asking(LOST, error).failure(finish)


def read_nothing(response: HttpResponse) -> None:
    pytest.fail(f"{response.status} is nobody's answer")


@in_both_colours
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_overloaded_server_counts_as_one_that_does_not_answer(finish: Any, status: int) -> None:
    """After five of them it is left alone; nobody reads what it says."""
    it = Asking(answer(b"content", status))
    for _ in range(5):
        failure = it.failure(finish, read_nothing)
        assert (Unreachable, f"it answered {status}") == (type(failure), str(failure))
    assert (LEFT_ALONE, 5) == (str(it.failure(finish)), it.client.times)
    with pytest.raises(Unavailable, match=f"^{LEFT_ALONE}$"):
        it.endpoint.check()


@in_both_colours
@pytest.mark.parametrize(
    "status", [100, 200, 204, 301, 400, 401, 403, 404, 428, 430, 499, 500, 501, 505, 599]
)
def test_every_other_status_is_an_answer_to_be_read(finish: Any, status: int) -> None:
    """Whatever is made of it concerns one request: the next one is asked, too."""
    it = Asking(answer(b"content", status))

    def read(response: HttpResponse) -> None:
        raise Unavailable(f"it answers {response.status}")

    for _ in range(6):
        assert f"it answers {status}" == str(it.failure(finish, read))
    it.endpoint.check()
    assert 6 == it.client.times


@in_both_colours
@pytest.mark.parametrize(
    "error", [Unreachable("no connection: Connection refused"), Unreachable("TLS failed")]
)
def test_a_server_that_is_not_reached_is_left_alone(finish: Any, error: Exception) -> None:
    """Nobody is asked while it is; then one is, and its answer ends it."""
    it = Asking(error)
    for _ in range(7):
        it.failure(finish)
    assert 5 == it.client.times
    it.client.says(answer(b"content"))
    it.clock.move(1)
    it.endpoint.check()
    assert [b"content"] * 2 == [finish(it.ask()), finish(it.ask())]


@in_both_colours
@pytest.mark.parametrize("error", [LOST, Unavailable("its answer is no use: it is longer than 65536 bytes")])
def test_a_useless_answer_does_not_count(finish: Any, error: Exception) -> None:
    """Somebody is there, and a stranger's token may have caused it."""
    it = Asking(error)
    for _ in range(10):
        assert error is it.failure(finish)
    it.endpoint.check()


@in_both_colours
def test_what_read_refuses_is_an_answer(finish: Any) -> None:
    """It ends a row of failures."""
    it = Asking(*[Unreachable("TLS failed")] * 4, answer(), *[Unreachable("TLS failed")] * 4)

    def refuse(response: HttpResponse) -> None:
        raise InvalidToken(Reason.WRONG_ISSUER)

    for _ in range(4):
        it.failure(finish)
    with pytest.raises(InvalidToken):
        finish(it.ask(refuse))
    for _ in range(4):
        it.failure(finish)
    it.endpoint.check()


@in_both_colours
def test_an_outage_is_told_once_and_so_is_its_end(finish: Any, caplog: pytest.LogCaptureFixture) -> None:
    """And once that it is left alone."""
    it = Asking(Unreachable("TLS failed"))
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        for _ in range(10):
            it.failure(finish)
        it.clock.move(1)
        it.client.says(answer(b"content"))
        finish(it.ask())
    assert [
        "the endpoint of as.example.org is unavailable, requests that need it get 503: TLS failed",
        "the endpoint of as.example.org has failed 5 times in a row: it is left alone for 1 to 30 seconds "
        "at a time, and requests that need it get 503 at once",
        "the endpoint of as.example.org answers again",
    ] == [one.getMessage() for one in caplog.records]


@in_both_colours
def test_closing_closes_the_client_in_its_own_colour(finish: Any) -> None:
    """And the endpoint can be asked again."""
    it = Asking()
    finish(it.endpoint.close())
    assert ["close" if finish.__name__ == "run" else "aclose"] == it.client.called
    assert b"content" == finish(it.ask())
