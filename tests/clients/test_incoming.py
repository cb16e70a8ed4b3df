"""A connection is kept where one answer came over it and no more; h11, which reads answers, must agree."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.clients._incoming import MAX_HEAD_BYTES, MAX_KEPT_BYTES, Incoming
from bearerguard.wire.content_coding import ContentError
from tests.hostile.answers import ACTIVE, JSON, answer, chunked, chunks, head

CHUNKED = head(JSON, "Transfer-Encoding: chunked")
CONTINUE = head(status="100 Continue")


def judge(came: bytes, content_bytes: int, *, is_chunked: bool) -> bool:
    incoming = Incoming()
    incoming.begin()
    incoming.add(came)
    incoming.end(content_bytes, is_chunked=is_chunked)
    return incoming.is_one_answer


def read(came: bytes) -> tuple[int, bool, bytes]:
    """Read an answer with h11: the bytes of its content, whether it was in chunks, and what is left over."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(came)
    content_bytes, is_chunked = 0, False
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            is_chunked = any(name == b"transfer-encoding" for name, _ in event.headers)
        elif isinstance(event, h11.Data):
            content_bytes += len(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return content_bytes, is_chunked, connection.trailing_data[0]
        elif event in (h11.NEED_DATA, h11.PAUSED):
            raise h11.RemoteProtocolError("it is not all there")


@pytest.mark.parametrize(
    "came",
    [
        answer(),
        answer(b""),
        answer(b"\r\n\r\n"),
        answer(b"", status="404 Not Found"),
        head("Content-Length: 0"),
        head(status="204 No Content"),
        chunked(ACTIVE),
        chunked(b"\r\n", b"0\r\n\r\n", b"\r\n"),
        CHUNKED + chunks(b"x" * 300).replace(b"12c", b"0012C"),
    ],
)
def test_one_plain_answer_is_one_answer(came: bytes) -> None:
    """However it says where it ends."""
    content_bytes, is_chunked, left_over = read(came)
    assert b"" == left_over
    assert judge(came, content_bytes, is_chunked=is_chunked)


@pytest.mark.parametrize(
    "came",
    [
        answer() + b"x",
        answer() + b"\r\n",
        answer() + answer(),
        chunked(ACTIVE) + b"x",
        chunked(ACTIVE) + chunked(ACTIVE),
        chunked(ACTIVE)[:-2] + b"X: y\r\n\r\n",
        CHUNKED + b"5;a=b\r\n12345\r\n0\r\n\r\n",
        CHUNKED + b"5 \r\n12345\r\n0\r\n\r\n",
        CHUNKED + b"0" * 9 + b"\r\n\r\n",
        CONTINUE + answer(),
        CONTINUE + chunked(ACTIVE),
        head("Content-Length: 9", status="304 Not Modified") + b"HTTP/1.1 ",
        answer().replace(b"\r\n", b"\n", 1),
        answer().replace(b"\r\n", b"\n"),
        # What h11 takes for an answer and a half is as long as a longer head and its content.
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\n12345HTTP/1.1 200 OK\r\nX: \r\n\r\n12345",
    ],
)
def test_whatever_is_unusual_costs_the_connection(came: bytes) -> None:
    """Also where nothing is left over: that is not worth a second look."""
    content_bytes, is_chunked, _ = read(came)
    assert not judge(came, content_bytes, is_chunked=is_chunked)


# What answers are made of, put together in any order: mostly wrong, and sometimes right.
PARTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 204 No Content\r\n",
        b"HTTP/1.1 100 Continue\r\n",
        b"HTTP/1.1 200 OK\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 0\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"X: y\r\n",
        b"X: y\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"12345",
        b"5\r\n",
        b"5;a\r\n",
        b"0\r\n",
        b"00\r\n",
        b"a\r\n",
    ]
)


@given(st.lists(PARTS, min_size=1, max_size=14))
def test_nothing_is_left_over_on_a_connection_that_is_kept(parts: list[bytes]) -> None:
    """Whatever came: where it is said to be one answer, h11 has read all of it."""
    came = b"HTTP/1.1 200 OK\r\n" + b"".join(parts)
    try:
        content_bytes, is_chunked, left_over = read(came)
    except h11.RemoteProtocolError:
        return
    if judge(came, content_bytes, is_chunked=is_chunked):
        assert b"" == left_over


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.binary(max_size=40))
def test_an_answer_is_told_from_an_answer_and_a_tail(pieces: list[bytes], tail: bytes) -> None:
    """In chunks or with a length, whatever is in it."""
    for came in (answer(b"".join(pieces)), chunked(*pieces)):
        content_bytes, is_chunked, left_over = read(came + tail)
        assert tail == left_over
        assert (tail == b"") == judge(came + tail, content_bytes, is_chunked=is_chunked)


def test_an_answer_that_is_not_judged_is_none() -> None:
    """As one that was not read to its end, or whose content is broken."""
    incoming = Incoming()
    assert not incoming.is_one_answer
    incoming.add(answer())
    assert not incoming.is_one_answer


def test_a_question_forgets_the_answer_before_it() -> None:
    """Each answer is judged alone."""
    incoming = Incoming()
    for _ in range(3):
        incoming.begin()
        assert not incoming.is_one_answer
        incoming.add(answer())
        incoming.end(len(ACTIVE), is_chunked=False)
        assert incoming.is_one_answer


def test_a_long_answer_costs_its_connection() -> None:
    """More than a TLS record: behind it more could be hidden than is looked for."""
    fits = answer(b" " * (MAX_KEPT_BYTES - len(answer(b" " * 10_000)) + 10_000))
    assert MAX_KEPT_BYTES == len(fits)
    assert judge(fits, read(fits)[0], is_chunked=False)
    longer = fits.replace(b"\r\n\r\n", b"\r\nX:\r\n\r\n")
    assert not judge(longer, read(longer)[0], is_chunked=False)


def test_what_comes_behind_a_short_answer_makes_it_a_long_one() -> None:
    """However late it comes, and however much."""
    incoming = Incoming()
    incoming.begin()
    incoming.add(answer())
    incoming.add(b" " * MAX_KEPT_BYTES)
    incoming.end(len(ACTIVE), is_chunked=False)
    assert not incoming.is_one_answer


def test_more_than_an_answer_can_need_is_too_much() -> None:
    """Before the head is over, and together with the content behind it."""
    incoming = Incoming()
    for _ in range(MAX_HEAD_BYTES // 1024):
        incoming.add(b" " * 1024)
    with pytest.raises(ContentError, match="it takes too many bytes to say what it says"):
        incoming.add(b" ")
    incoming.begin()
    incoming.expect(1024)
    incoming.add(b" " * (MAX_HEAD_BYTES + 1024))
    with pytest.raises(ContentError):
        incoming.add(b" ")
