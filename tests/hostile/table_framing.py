"""Servers that lie about where an answer ends, or go on behind its end (RFC 9112 sections 6 and 7)."""

from __future__ import annotations

import gzip

from tests.hostile import behaviours as b
from tests.hostile.answers import ACTIVE, JSON, answer, chunked, chunks, head
from tests.hostile.answers import INACTIVE as NOT_ACTIVE
from tests.hostile.rows import GOOD, INACTIVE, LOST, NOT_JSON, Row, unavailable
from tests.hostile.server import Behaviour, HostileServer

CHUNKED = head(JSON, "Transfer-Encoding: chunked")


def until_smuggled(hostile: HostileServer) -> None:
    hostile.go.set()
    hostile.wait_for(lambda server: server.marks)


def behind(*records: bytes) -> Behaviour:
    """Send these to the first question; on all later connections no token is known."""
    return b.first(b.in_one_piece(*records), b.say(answer(NOT_ACTIVE)))


LENGTHS = [
    Row("no length, closed at the end", b.say_and_close(head(JSON) + ACTIVE), GOOD),
    Row("HTTP/1.0", b.say_and_close(b"HTTP/1.0 200 OK\r\n" + JSON.encode() + b"\r\n\r\n" + ACTIVE), GOOD),
    Row(
        "Content-Length too long",
        b.say_and_close(head(JSON, f"Content-Length: {len(ACTIVE) + 9}") + ACTIVE),
        LOST,
        calls=2,
    ),
    Row(
        "Content-Length too short", b.say(head(JSON, f"Content-Length: {len(ACTIVE) - 9}") + ACTIVE), NOT_JSON
    ),
    Row("Content-Length: 0", b.say(answer(b"")), NOT_JSON),
    Row("Content-Length: -1", b.say(head(JSON, "Content-Length: -1") + ACTIVE), LOST, calls=2),
    Row("Content-Length: a word", b.say(head(JSON, "Content-Length: all") + ACTIVE), LOST, calls=2),
    Row("two lengths", b.say(answer(ACTIVE, "Content-Length: 5")), LOST, calls=2),
    Row("in chunks", b.say(chunked(ACTIVE[:9], ACTIVE[9:])), GOOD, then=(GOOD,), calls=2),
    Row(
        "chunks and a length",
        b.say(head(JSON, "Transfer-Encoding: chunked", "Content-Length: 5") + chunks(ACTIVE)),
        GOOD,
    ),
    Row("a chunk size that is none", b.say(CHUNKED + b"all\r\n" + ACTIVE), LOST, calls=2),
    Row("a negative chunk size", b.say(CHUNKED + b"-5\r\n" + ACTIVE), LOST, calls=2),
    Row("a chunk longer than it says", b.say(CHUNKED + b"5\r\n" + ACTIVE + b"\r\n0\r\n\r\n"), LOST, calls=2),
    Row("no last chunk", b.say_and_close(chunked(ACTIVE)[:-5]), LOST, calls=2),
    Row(
        "chunks with extensions and trailers",
        b.say(CHUNKED + b"%x;a=b\r\n%b\r\n0\r\nX: y\r\n\r\n" % (len(ACTIVE), ACTIVE)),
        GOOD,
        then=(GOOD,),
        calls=2,
    ),
    Row(
        "an unknown transfer coding",
        b.say(head(JSON, "Transfer-Encoding: gzip") + gzip.compress(ACTIVE)),
        LOST,
        calls=2,
    ),
]
SMUGGLED = [
    Row(
        "a second answer behind the first",
        behind(answer(NOT_ACTIVE) + answer()),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one in a TLS record of its own",
        behind(answer(NOT_ACTIVE), answer()),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
    Row("one behind chunks", behind(chunked(NOT_ACTIVE) + answer()), INACTIVE, then=(INACTIVE,), calls=2),
    Row(
        "one in the chunks' trailers",
        behind(chunked(NOT_ACTIVE)[:-2] + b"X: y\r\n\r\n" + answer()),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one behind a 401",
        behind(answer(b"", status="401 No") + answer()),
        unavailable("it answers 401 to our own credentials: see client="),
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one behind a 204",
        behind(head(status="204 No Content") + answer()),
        unavailable("it answers 204"),
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one behind a 304 with a length",
        behind(head("Content-Length: 9", status="304 Not Modified") + answer()),
        unavailable("it answers 304"),
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one behind a 100",
        behind(head(status="100 Continue") + answer(NOT_ACTIVE) + answer()),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one behind bare line feeds",
        behind(answer(NOT_ACTIVE).replace(b"\r\n", b"\n") + answer()),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one far behind",
        behind(answer(NOT_ACTIVE + b" " * 65_000), answer(), b" " * 16_384),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "one while the connection is idle",
        b.answer_and_go_on(answer()),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
        between=until_smuggled,
    ),
    Row(
        "half of one, and its end for the next question",
        b.first(b.half_an_answer, b.say(answer(NOT_ACTIVE))),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
    Row(
        "a stray empty line behind the answer",
        behind(answer(NOT_ACTIVE) + b"\r\n"),
        INACTIVE,
        then=(INACTIVE,),
        calls=2,
    ),
]
