"""Servers that are slow, endless or heavy: what is too late, and what is too much."""

from __future__ import annotations

import gzip
import zlib

from tests.hostile import behaviours as b
from tests.hostile.answers import (
    ACTIVE,
    JSON,
    MAX_BYTES,
    answer,
    bomb,
    chunked,
    coded,
    deflate_bomb,
    head,
    padded,
)
from tests.hostile.rows import BROKEN, GOOD, LATE, LOST, NO_CODING, TOO_LONG, TOO_MANY, TOO_MUCH, Row

CHUNKED = head(JSON, "Transfer-Encoding: chunked")
CONTINUE = head(status="100 Continue")
KILO = b"x" * 1024
MEGA = 1024 * 1024
PEAK = 2 * MEGA

SLOW = [
    Row("no answer", b.never, LATE, late=True),
    Row("the status line, dripped", b.drip(answer()), LATE, late=True),
    Row("headers, dripped for ever", b.drip_for_ever(b"X: y\r\n", behind=head()[:-2]), LATE, late=True),
    Row("one header, dripped for ever", b.drip_for_ever(b"x", behind=head("X: ")[:-4]), LATE, late=True),
    Row("the body, dripped", b.drip(ACTIVE, behind=answer()[: -len(ACTIVE)]), LATE, late=True),
    Row("chunks, dripped", b.drip(chunked(ACTIVE)[len(CHUNKED) :], behind=CHUNKED), LATE, late=True),
    Row("the last chunk never comes", b.drip(b"", behind=chunked(ACTIVE)[:-5]), LATE, late=True),
    Row("100 Continue, dripped for ever", b.drip_for_ever(CONTINUE), LATE, late=True),
    Row(
        "headers, then silence", b.drip_for_ever(b"", behind=head(JSON, "Content-Length: 9")), LATE, late=True
    ),
    Row(
        "a body without a length, never closed",
        b.drip_for_ever(b" ", behind=head(JSON) + ACTIVE),
        LATE,
        late=True,
    ),
    Row("reset, then no answer", b.first(b.say_and_reset(b""), b.never), LATE, calls=2, late=True),
    Row(
        "reset late, then no answer",
        b.first(b.wait_and_reset(0.3), b.never),
        LATE,
        calls=2,
        late=True,
    ),
]
ENDLESS = [
    Row("an endless body", b.flood(KILO, behind=head(JSON)), TOO_LONG, peak_bytes=PEAK),
    Row("endless chunks", b.flood(b"400\r\n" + KILO + b"\r\n", behind=CHUNKED), TOO_LONG, peak_bytes=PEAK),
    Row("endless chunks of a byte", b.flood(b"1\r\nx\r\n" * 200, behind=CHUNKED), TOO_MANY, peak_bytes=PEAK),
    Row("endless headers", b.flood(b"X: " + KILO + b"\r\n", behind=head()[:-2]), TOO_MUCH, peak_bytes=PEAK),
    Row("one endless header", b.flood(KILO, behind=head("X: ")[:-4]), TOO_MUCH, peak_bytes=PEAK),
    Row("an endless status line", b.flood(KILO, behind=b"HTTP/1.1 200 "), TOO_MUCH, peak_bytes=PEAK),
    Row("an endless chunk size", b.flood(b"0" * 1024, behind=CHUNKED), LOST, calls=2, peak_bytes=PEAK),
    Row(
        "endless trailers",
        b.flood(b"X: y\r\n" * 100, behind=chunked(ACTIVE)[:-2]),
        LOST,
        calls=2,
        peak_bytes=PEAK,
    ),
    Row("endless 100 Continue", b.flood(CONTINUE * 100), TOO_MUCH, peak_bytes=PEAK),
    Row(
        "Content-Length: 9 GB",
        b.flood(KILO, behind=head(JSON, "Content-Length: 9000000000")),
        TOO_LONG,
        peak_bytes=PEAK,
    ),
    Row("a hundred thousand headers", b.say(head(*["X: y"] * 100_000)), TOO_MUCH, peak_bytes=4 * MEGA),
]
HEAVY = [
    Row("64 KiB", b.say(answer(padded(MAX_BYTES))), GOOD),
    Row("64 KiB and a byte", b.say(answer(padded(MAX_BYTES + 1))), TOO_LONG),
    Row(
        "64 KiB in chunks",
        b.say(chunked(*[padded(MAX_BYTES)[at : at + 999] for at in range(0, MAX_BYTES, 999)])),
        GOOD,
    ),
    Row("gzip of a good answer", b.say(coded(gzip.compress(ACTIVE), "gzip")), GOOD),
    Row("deflate of a good answer", b.say(coded(zlib.compress(ACTIVE), "deflate")), GOOD),
    Row("identity", b.say(coded(ACTIVE, "identity")), GOOD),
    Row("gzip of 64 KiB", b.say(coded(gzip.compress(padded(MAX_BYTES)), "gzip")), GOOD),
    Row("gzip of 64 KiB and a byte", b.say(coded(gzip.compress(padded(MAX_BYTES + 1)), "gzip")), TOO_LONG),
    Row("a gzip bomb", b.say(coded(bomb(40 * MEGA), "gzip")), TOO_LONG, peak_bytes=PEAK),
    Row("a deflate bomb", b.say(coded(deflate_bomb(40 * MEGA), "deflate")), TOO_LONG, peak_bytes=PEAK),
    Row("gzip in gzip", b.say(coded(gzip.compress(bomb(40 * MEGA)), "gzip, gzip")), NO_CODING),
    Row("two gzip members", b.say(coded(gzip.compress(ACTIVE) + gzip.compress(b" "), "gzip")), BROKEN),
    Row("gzip, cut short", b.say(coded(gzip.compress(ACTIVE)[:-9], "gzip")), BROKEN),
    Row("gzip without its checksum", b.say(coded(gzip.compress(ACTIVE)[:-8], "gzip")), BROKEN),
    Row("gzip that is none", b.say(coded(ACTIVE, "gzip")), BROKEN),
    Row("brotli", b.say(coded(ACTIVE, "br")), NO_CODING),
    Row("an unknown coding", b.say(coded(ACTIVE, "x-mystery")), NO_CODING),
    Row(
        "two codings, one a line",
        b.say(answer(ACTIVE, "Content-Encoding: gzip", "Content-Encoding: br")),
        NO_CODING,
    ),
]
ROWS = [*SLOW, *ENDLESS, *HEAVY]
