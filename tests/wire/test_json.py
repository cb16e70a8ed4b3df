"""JSON that somebody else wrote: what is refused, each at its exact boundary (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bearerguard.wire.json import parse_object

NO_UTF_8 = "not UTF-8"
NO_JSON = "not JSON"
NO_OBJECT = "not a JSON object"
REPEATED = "a member's name is repeated"
HALF = "a text holds half a character"
OUT_OF_BOUNDS = {"a number is out of bounds", "NaN and infinities are not JSON", "nested too deeply"}
TEXTS = {NO_UTF_8, NO_JSON, NO_OBJECT, REPEATED, HALF, *OUT_OF_BOUNDS}

numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
names = st.text(max_size=8)
scalars = st.none() | st.booleans() | numbers | names
values = st.recursive(
    scalars,
    lambda one: st.lists(one, max_size=4) | st.dictionaries(names, one, max_size=4),
    max_leaves=10,
)
words = ['"a"', '{"a":', "true", "null", "NaN", "\\ud800", "\\u0061", "9" * 20, "e999", "\x00", "\ufeff", "ü"]
pieces = st.sampled_from([*'{}[]":,1-e.0 \\', *words])


def refusal(text: bytes) -> str:
    """Why this is refused."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller compares the text
        parse_object(text)
    return str(caught.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, values, max_size=4), st.booleans(), st.sampled_from([None, 2]))
def test_what_others_write_is_read_back(value: dict[str, Any], is_ascii: bool, indent: int | None) -> None:
    """Whatever is within the bounds, escaped or not: the same values of the same types."""
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
    assert repr(value) == repr(parse_object(text.encode("utf-8")))


@settings(deadline=None)
@given(st.lists(pieces, max_size=30).map(lambda parts: "".join(parts).encode()) | st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_fixed_words(text: bytes) -> None:
    """ValueError and nothing else, and never a word of what came."""
    try:
        assert isinstance(parse_object(text), dict)
    except ValueError as error:
        assert str(error) in TEXTS  # noqa: PT017 - it need not be raised


@pytest.mark.parametrize("text", [b" {} ", b'\t\r\n{"a" : 1}\n', b'{"a":"\\u00fc"}', '{"a":"ü"}'.encode()])
def test_white_space_and_escapes_change_nothing(text: bytes) -> None:
    """ws = *( %x20 / %x09 / %x0A / %x0D )."""
    assert json.loads(text) == parse_object(text)


@pytest.mark.parametrize("text", [b"[]", b'""', b"1", b"true", b"false", b"null", b'[{"a":1}]'])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    """It is JSON, but has no members."""
    assert NO_OBJECT == refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"{} {}",
        b'{"a":1}x',
        b'{"a":1}\x00',
        b'{"a":1,}',
        b"{'a':1}",
        b"{a:1}",
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":1.}',
        b'{"a":0x1}',
        b'{"a":1_0}',
        b'{"a":True}',
        b'{"a":nan}',
        b'{"a":"\\x"}',
        b'{"a":"\\u12"}',
        b'{"a":1} // no',
        b"\x0b{}",
        b"\xc2\xa0{}",
        "{'a':٣}".encode(),
        '{"a":٣}'.encode(),
    ],
)
def test_another_grammar_is_refused(text: bytes) -> None:
    """Cut, with a tail, or in a dialect."""
    assert NO_JSON == refusal(text)


@pytest.mark.parametrize("character", range(0x20))
def test_a_control_character_must_be_escaped(character: int) -> None:
    """In texts and in names (RFC 8259 section 7)."""
    raw = bytes([character])
    assert [NO_JSON, NO_JSON] == [refusal(b'{"a":"' + raw + b'"}'), refusal(b'{"' + raw + b'":1}')]
    assert {"a": chr(character)} == parse_object(f'{{"a":"\\u{character:04x}"}}'.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'\xef\xbb\xbf{"a":1}', NO_JSON),
        ('{"a":1}'.encode("utf-16"), NO_UTF_8),
        ('{"a":1}'.encode("utf-16-le"), NO_JSON),
        ('{"a":1}'.encode("utf-16-be"), NO_JSON),
        ('{"a":1}'.encode("utf-32"), NO_UTF_8),
        ('{"a":"ü"}'.encode("latin-1"), NO_UTF_8),
        (b'{"a":"\xc3"}', NO_UTF_8),
        (b'{"a":"\xc0\x80"}', NO_UTF_8),
        (b'{"a":"\xed\xa0\x80"}', NO_UTF_8),
        (b'{"a":"\xf4\x90\x80\x80"}', NO_UTF_8),
    ],
)
def test_only_utf_8_is_read_and_without_a_mark(text: bytes, expected: str) -> None:
    """RFC 8259 section 8.1; nothing is guessed."""
    assert expected == refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"b":2,"a":3}',
        b'{"a":1,"\\u0061":2}',
        b'{"":1,"":2}',
        b'{"b":{"a":1,"a":2}}',
        b'{"b":[[{"c":{"a":1,"a":null}}]]}',
        b'{"b":{"a":1,"a":2},"b":3}',
    ],
)
def test_a_name_is_never_repeated_at_any_depth(text: bytes) -> None:
    """Parsers differ in which one they believe (RFC 7493 section 2.3); an escape is the same name."""
    assert REPEATED == refusal(text)


def test_one_name_in_two_objects_is_not_repeated() -> None:
    """Nor in another case."""
    assert {"a": {"a": 1}, "A": {"a": 2}} == parse_object(b'{"a":{"a":1},"A":{"a":2}}')


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff", "x\\udc00y", "\\udc00\\ud800", "\\ud800\\u0041"])
@pytest.mark.parametrize("form", ['{"a":"%s"}', '{"%s":1}', '{"b":[{"%s":1}]}', '{"b":[["%s"]]}'])
def test_half_a_character_is_refused(half: str, form: str) -> None:
    """In a text or a name, at any depth: the next program to write it down would fail."""
    assert HALF == refusal((form % half).encode())


def test_two_halves_are_one_character() -> None:
    """As JSON writes what is beyond 16 bits."""
    assert {"😀": "😀"} == parse_object(b'{"\\ud83d\\ude00":"\\ud83d\\ude00"}')
