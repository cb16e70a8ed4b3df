"""Signed tokens taken apart: three segments, one spelling, and a header that nobody believes (RFC 7515)."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from bearerguard.wire.base64url import encode_base64url
from bearerguard.wire.jws import (
    MAX_HEADER_CHARACTERS,
    MAX_KID_CHARACTERS,
    MAX_PAYLOAD_CHARACTERS,
    MAX_SIGNATURE_CHARACTERS,
    _parse_short_header,
    find_payload,
    looks_like_jws,
    parse_compact,
)

HEADER = {"alg": "RS256", "typ": "at+jwt", "kid": "a"}


def token(header: Any = HEADER, payload: bytes = b"{}", signature: bytes = b"signature") -> bytes:
    """A token; a header that is no bytes becomes JSON."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return b".".join(encode_base64url(part) for part in (text, payload, signature))


def refusal(text: bytes) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller compares the text
        parse_compact(text)
    assert caught.value.__cause__ is None  # whose text could hold a bit of the token
    return str(caught.value)


def test_a_token_is_taken_apart() -> None:
    """What was signed is what came, byte by byte."""
    whole = token(payload=b'{"sub":"alice"}')
    jws = parse_compact(whole)
    assert (HEADER, b'{"sub":"alice"}', b"signature") == (jws.header, jws.payload, jws.signature)
    assert jws.signing_input == whole[: whole.rindex(b".")]


def test_a_token_shows_nothing_of_itself() -> None:
    """In a traceback or a log."""
    assert "CompactJws()" == repr(parse_compact(token()))


THREE = "it is not three segments"


@pytest.mark.parametrize(
    "text", [b"", b".", b"..", b"a", b"a.b", b"a..b", b".a.b", b"a.b.", b"a.b.c.d", b"." * 20]
)
def test_a_token_is_three_segments_and_none_is_empty(text: bytes) -> None:
    """Without a signature it is nobody's, and a detached payload is no claims."""
    assert (THREE if text.count(b".") != 4 else "it is encrypted (JWE)") == refusal(text)


def test_an_unsigned_token_has_two_and_a_half() -> None:
    """`alg: none` (RFC 7519 section 6.1)."""
    assert THREE == refusal(token({"alg": "none"}, signature=b""))


@pytest.mark.parametrize("text", [b"a.b.c.d.e", b"....", token() + b".a.b", b"eyJhbGciOiJkaXIifQ..a.b.c"])
def test_five_segments_are_an_encrypted_token(text: bytes) -> None:
    """Which has a reason of its own."""
    assert "it is encrypted (JWE)" == refusal(text)


@pytest.mark.parametrize("name", ["header", "payload", "signature"])
@pytest.mark.parametrize("spelling", [b"AA==", b"AB", b"A", b"AA\n", b"A A", b"A+/A", b"\xff\xff"])
def test_each_segment_has_one_spelling(name: str, spelling: bytes) -> None:
    """Or one signature would be good for several tokens."""
    segments = dict(zip(("header", "payload", "signature"), token().split(b"."), strict=True))
    assert f"its {name} is not base64url" == refusal(b".".join({**segments, name: spelling}.values()))


def filled(name: str, characters: int) -> bytes:
    """A token with a segment of just so many characters."""
    segments = dict(zip(("header", "payload", "signature"), token().split(b"."), strict=True))
    if name == "header":
        text = json.dumps(HEADER).encode()
        segments["header"] = encode_base64url(text.ljust(characters * 3 // 4))
    else:
        segments[name] = b"A" * characters
    return b".".join(segments.values())


@pytest.mark.parametrize(("name", "most"), [("header", 8_192), ("payload", 65_536), ("signature", 2_731)])
def test_each_segment_is_bounded_before_it_is_decoded(name: str, most: int) -> None:
    """The signature to that of the largest key."""
    bounds = {
        "header": MAX_HEADER_CHARACTERS,
        "payload": MAX_PAYLOAD_CHARACTERS,
        "signature": MAX_SIGNATURE_CHARACTERS,
    }
    assert most == bounds[name]
    parse_compact(filled(name, most))
    assert f"its {name} is too long" == refusal(filled(name, most + (4 if name == "header" else 1)))


def test_what_is_too_long_is_not_looked_at() -> None:
    """Whatever it is made of."""
    header, _, signature = token().split(b".")
    assert "its payload is too long" == refusal(b".".join([header, b"*" * 1_000_000, signature]))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"[]", "its header is no use: not a JSON object"),
        (b"{", "its header is no use: not JSON"),
        (b'{"alg":"RS256","alg":"none"}', "its header is no use: a member's name is repeated"),
        (b'{"alg":"RS256","\\u0061lg":"none"}', "its header is no use: a member's name is repeated"),
        (b'{"alg":"RS256","x":NaN}', "its header is no use: NaN and infinities are not JSON"),
        (b'{"alg":"RS256","x":"\\ud800"}', "its header is no use: a text holds half a character"),
        (b'\xef\xbb\xbf{"alg":"RS256"}', "its header is no use: not JSON"),
        (b'{"alg":"RS256\xff"}', "its header is no use: not UTF-8"),
        (b'{"alg":"RS256","x":' + b"[" * 20 + b"]" * 20 + b"}", "its header is no use: nested too deeply"),
        ({}, "its header names no algorithm"),
        *(({"alg": value}, "its header names no algorithm") for value in (None, 5, True, ["RS256"], {})),
        ({"Alg": "RS256"}, "its header names no algorithm"),
        *(
            ({**HEADER, name: value}, f"its header's {name} is not a text")
            for name in ("kid", "typ", "cty")
            for value in (None, 5, True, ["a"], {})
        ),
        ({**HEADER, "kid": "a" * (MAX_KID_CHARACTERS + 1)}, "its header's kid is too long"),
        ({**HEADER, "crit": ["exp"]}, "its header asks for extensions (crit)"),
        ({**HEADER, "crit": []}, "its header asks for extensions (crit)"),
        ({**HEADER, "crit": None}, "its header asks for extensions (crit)"),
        ({**HEADER, "b64": False, "crit": ["b64"]}, "its header asks for extensions (crit)"),
        ({**HEADER, "b64": False}, "its header is about an unencoded payload (b64)"),
        ({**HEADER, "b64": True}, "its header is about an unencoded payload (b64)"),
    ],
)
def test_a_header_that_is_no_use_is_refused(header: Any, expected: str) -> None:
    """In fixed words: it is a stranger's text."""
    assert expected == refusal(token(header))


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "x", ""])
def test_which_algorithm_it_may_be_is_asked_elsewhere(alg: str) -> None:
    """Here it has to be one."""
    assert alg == parse_compact(token({"alg": alg})).header["alg"]


def test_what_a_header_says_of_keys_is_only_carried() -> None:
    """Nobody here reads it (RFC 8725 section 3.10)."""
    said = {"jku": "https://evil.example.org", "jwk": {}, "x5c": [], "x5u": 5, "kid": "../../k' OR 1=1"}
    assert {**HEADER, **said} == parse_compact(token({**HEADER, **said})).header


def test_a_header_that_was_read_before_cannot_be_changed() -> None:
    """Tokens of one key share theirs, so that it is read once; a long one is read each time."""
    first, second = parse_compact(token()), parse_compact(token(payload=b"other"))
    assert first.header is second.header
    with pytest.raises(TypeError):
        first.header["alg"] = "none"  # type: ignore[index]
    long = {**HEADER, "x": "a" * 400}
    assert parse_compact(token(long)).header == long
    assert parse_compact(token(long)).header is not parse_compact(token(long)).header


def test_only_few_headers_are_remembered() -> None:
    """Strangers can send others."""
    for number in range(200):
        parse_compact(token({**HEADER, "kid": str(number)}))
    assert (64, 64) == _parse_short_header.cache_info()[2:]


def test_nothing_is_unpacked() -> None:
    """`zip` belongs to encrypted tokens; in this one it means nothing."""
    packed = zlib.compress(b"{}")
    assert packed == parse_compact(token({**HEADER, "zip": "DEF"}, packed)).payload


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (token(), True),
        (token({"alg": "none"}, signature=b""), True),
        (token(b'{ "alg":"RS256"}'), True),
        (token(b'{\r\n"alg":"RS256"}'), True),
        (token(b'{\n\t"alg":"RS256"}'), True),
        (token() + b".a.b", True),
        (token() + b".a", False),
        (b"ey..", True),
        (b"ey.", False),
        (b"ey", False),
        (b"", False),
        (b"bg_abc", False),
        (b"a.b.c", False),
        *((token(space + b'{"alg":"RS256"}'), True) for space in (b" ", b"\t", b"\n", b"\r", b"\r\n\t ")),
        (token(b' "alg"'), False),
        (b"I.b.c", False),
        (b"IC*H.b.c", False),
        (b"EYJ.a.b", False),
    ],
)
def test_its_form_is_seen_at_a_glance(text: bytes, expected: bool) -> None:
    """An object in front, and three segments or five."""
    assert expected == looks_like_jws(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (token(payload=b"claims"), b"claims"),
        (token({"alg": "none"}, b"claims", b""), b"claims"),
        (token({**HEADER, "crit": ["x"]}, b"claims"), b"claims"),
        (b"*." + encode_base64url(b"claims") + b".*", b"claims"),
        (b"a.AA==.c", None),
        (b"a.A.c", None),
        (b"a." + b"A" * 65_537 + b".c", None),
        (b"a.YQ", None),
        (b"a.YQ.c.d", None),
        (b"a.YQ.c.d.e", None),
        (b"", None),
    ],
)
def test_a_payload_is_found_in_whatever_else_is_wrong(text: bytes, expected: bytes | None) -> None:
    """So that it can be told whom it names."""
    assert expected == find_payload(text)


def test_a_header_holds_so_many_values_and_no_more() -> None:
    """Anybody can send one, and few are remembered."""
    assert 61 == len(parse_compact(token({"alg": "RS256", "x": [0] * 61})).header["x"])
    assert "its header is no use: too many values" == refusal(token({"alg": "RS256", "x": [0] * 62}))
