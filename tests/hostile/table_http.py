"""Servers that cut their answers off, redirect, refuse, or do not speak HTTP."""

from __future__ import annotations

from tests.hostile import behaviours as b
from tests.hostile.answers import ACTIVE, JSON, answer, head
from tests.hostile.answers import INACTIVE as NOT_ACTIVE
from tests.hostile.rows import GOOD, INACTIVE, LOST, NOT_JSON, Row, unavailable
from tests.hostile.server import HostileServer

HEADERS = answer()[: -len(ACTIVE)]
CHUNKED = head(JSON, "Transfer-Encoding: chunked")


def until_closed(hostile: HostileServer) -> None:
    hostile.wait_for(lambda server: server.open == 0)


def status(text: str) -> Row:
    number = text.partition(" ")[0]
    return Row(text, b.say(answer(status=text)), unavailable(f"it answers {number}"))


def overloaded(text: str) -> Row:
    number = text.partition(" ")[0]
    return Row(text, b.say(answer(status=text)), unavailable(f"it answered {number}"))


def own_fault(text: str) -> Row:
    number = text.partition(" ")[0]
    reason = f"it answers {number} to our own credentials: see client="
    return Row(text, b.say(answer(status=text)), unavailable(reason))


CUT = [
    Row("a good answer", b.say(answer()), GOOD, then=(GOOD, GOOD), calls=3),
    Row("closed after accept", b.close_at_once, LOST, calls=2),
    Row("closed before the answer", b.say_and_close(b""), LOST, calls=2),
    Row("reset before the answer", b.say_and_reset(b""), LOST, calls=2),
    Row("reset in the status line", b.say_and_reset(b"HTTP/1.1 2"), LOST, calls=2),
    Row("reset in the headers", b.say_and_reset(HEADERS[:-9]), LOST, calls=2),
    Row("reset in the body", b.say_and_reset(answer()[:-9]), LOST, calls=2),
    Row("closed in the body", b.say_and_close(answer()[:-9]), LOST, calls=2),
    Row("reset, then a good answer", b.first(b.say_and_reset(b""), b.say(answer())), GOOD, calls=2),
    Row(
        "cut in the body, then a good answer",
        b.first(b.say_and_close(answer()[:-9]), b.say(answer())),
        GOOD,
        calls=2,
    ),
    Row("an idle connection, closed", b.answer_once, GOOD, then=(GOOD, GOOD), calls=3, between=until_closed),
    Row(
        "Connection: close", b.say_and_close(answer(ACTIVE, "Connection: close")), GOOD, then=(GOOD,), calls=2
    ),
    Row(
        "good for one, nonsense for the next",
        b.tell({"one": answer(), "two": answer(b"{"), "three": answer()}),
        GOOD,
        then=(NOT_JSON, GOOD),
        calls=3,
    ),
    Row(
        "good for one, inactive for the next",
        b.tell({"one": answer(), "two": answer(NOT_ACTIVE), "three": answer()}),
        GOOD,
        then=(INACTIVE, GOOD),
        calls=3,
    ),
]
NO_HTTP = [
    Row(
        "101 upgrade",
        b.say(head("Upgrade: h2c", "Connection: Upgrade", status="101 Switching Protocols")),
        LOST,
        calls=2,
    ),
    Row("HTTP/0.9", b.say_and_close(ACTIVE), LOST, calls=2),
    Row(
        "an HTTP/2 preface",
        b.say(b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00"),
        LOST,
        calls=2,
    ),
    Row("HTTP/2 in the status line", b.say(answer().replace(b"1.1", b"2", 1)), LOST, calls=2),
    Row("garbage", b.say(bytes(range(256)) * 8), LOST, calls=2),
    Row("a NUL in a header", b.say(answer(ACTIVE, "X: a\0b")), LOST, calls=2),
    Row("a header without a colon", b.say(answer(ACTIVE, "what is this")), LOST, calls=2),
    Row("status 1000", b.say(answer(status="1000 OK")), LOST, calls=2),
]
REDIRECTS = [
    Row(text, b.redirect(text), unavailable(f"it answers {text[:3]}"))
    for text in (
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    )
]
STATUSES = [
    *map(own_fault, ("401 Unauthorized", "403 Forbidden")),
    *map(
        overloaded,
        ("429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"),
    ),
    *map(
        status,
        (
            "201 Created",
            "206 Partial Content",
            "400 Bad Request",
            "404 Not Found",
            "407 Proxy Authentication Required",
            "500 Internal Server Error",
        ),
    ),
    Row("204 No Content", b.say(head(status="204 No Content")), unavailable("it answers 204")),
    Row("Set-Cookie", b.say(answer(ACTIVE, "Set-Cookie: a=b; Path=/")), GOOD, then=(GOOD,), calls=2),
]
