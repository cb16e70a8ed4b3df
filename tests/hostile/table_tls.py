"""Servers whose TLS is not good, and the certificates that we show."""

from __future__ import annotations

from tests.hostile import authority
from tests.hostile import handshakes as h
from tests.hostile.answers import answer
from tests.hostile.behaviours import say
from tests.hostile.rows import GOOD, LATE, TLS, Row, certificate, unavailable

ANSWERS = say(answer())

ROWS = [
    Row(
        "the name of another host",
        ANSWERS,
        certificate("IP address mismatch, certificate is not valid for '127.0.0.1'."),
        context=authority.wrong_host,
    ),
    Row(
        "another authority's",
        ANSWERS,
        certificate("unable to get local issuer certificate"),
        context=authority.other_authority,
    ),
    Row("expired", ANSWERS, certificate("certificate has expired"), context=authority.expired),
    Row("self-signed", ANSWERS, certificate("self-signed certificate"), context=authority.self_signed),
    Row(
        "a private authority nobody named",
        ANSWERS,
        certificate("unable to get local issuer certificate"),
        http={"ca_file": None},
    ),
    Row("a client's certificate is asked for", ANSWERS, TLS, context=authority.asks_for_a_certificate),
    Row(
        "a client's certificate is shown",
        ANSWERS,
        GOOD,
        context=authority.asks_for_a_certificate,
        http={"certificate_file": authority.client_file("ours")},
    ),
    Row(
        "a client's certificate of another authority",
        ANSWERS,
        TLS,
        context=authority.asks_for_a_certificate,
        http={"certificate_file": authority.client_file("theirs")},
    ),
    Row("plain http on the port", h.plain, TLS, context=None),
    Row("garbage for a handshake", h.garbage, TLS, context=None),
    Row("a handshake that is cut", h.cut, TLS, context=None),
    Row(
        "a handshake that is reset",
        h.reset,
        unavailable("no connection: Connection reset by peer"),
        context=None,
    ),
    Row("a handshake that never begins", h.silent, LATE, context=None, late=True),
    Row("a handshake, dripped", h.dripped, LATE, context=None, late=True),
]
