"""The bounds of what is read as JSON: numbers, depth and time, each exactly (RFC 8259 sections 6 and 9)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bearerguard.wire.json import MAX_DEPTH, MAX_VALUES, parse_object

OUT_OF_BOUNDS = "a number is out of bounds"
NO_NUMBER = "NaN and infinities are not JSON"
TOO_DEEP = "nested too deeply"

BRACKETS = 30_000  # about what fits into the answer of an authorization server


def refusal(text: bytes) -> str:
    """Why this is refused."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller compares the text
        parse_object(text)
    return str(caught.value)


@pytest.mark.parametrize("number", [-(2**63), 2**64 - 1, 0, -0, 10**19])
def test_an_integer_within_64_bits_is_read(number: int) -> None:
    """Both bounds themselves."""
    assert {"a": number} == parse_object(f'{{"a":{number}}}'.encode())


HUGE = "9" * 5_000


@pytest.mark.parametrize(
    "number", [str(-(2**63) - 1), str(2**64), f"{10**20}", f"{-(10**20)}", HUGE, f"-{HUGE}"]
)
@pytest.mark.parametrize("form", ['{"a":%s}', '{"b":[{"c":%s}]}', "%s"])
def test_an_integer_beyond_64_bits_is_refused(number: str, form: str) -> None:
    """One more is too much; thousands of digits are not even looked at."""
    assert OUT_OF_BOUNDS == refusal((form % number).encode())


@pytest.mark.parametrize("number", ["1e308", "-1.7976931348623157e308", "1e-400", "5e-324", "1.0", "-0.0"])
def test_a_number_that_a_double_holds_is_read(number: str) -> None:
    """What is too small for one is zero, as everywhere."""
    assert {"a": float(number)} == parse_object(f'{{"a":{number}}}'.encode())


@pytest.mark.parametrize("number", ["1e309", "1e400", "-1e400", "1.8e308", "1E+400", "9" * 310 + ".0"])
def test_a_number_that_no_double_holds_is_refused(number: str) -> None:
    """To Python it is infinity, a time that never comes."""
    assert OUT_OF_BOUNDS == refusal(f'{{"a":{number}}}'.encode())


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("form", ['{"a":%s}', '{"b":[{"c":%s}]}', "%s"])
def test_what_is_no_number_is_refused(constant: str, form: str) -> None:
    """Python's parser knows them, JSON does not."""
    assert NO_NUMBER == refusal((form % constant).encode())


def nested(opening: bytes, closing: bytes, depth: int, innermost: bytes) -> bytes:
    """An object with so many more values around the innermost."""
    return b'{"a":' + opening * depth + innermost + closing * depth + b"}"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("innermost", [b"1", b'"x"', b"null", b"[]", b"{}"])
def test_the_depth_is_bounded(opening: bytes, closing: bytes, innermost: bytes) -> None:
    """16 values in one another, the outer object and the innermost among them; not 17."""
    assert isinstance(parse_object(nested(opening, closing, MAX_DEPTH - 2, innermost)), dict)
    assert TOO_DEEP == refusal(nested(opening, closing, MAX_DEPTH - 1, innermost))
    assert 16 == MAX_DEPTH


def test_depth_is_not_breadth() -> None:
    """Many neighbours are no depth."""
    text = b'{"a":[' + b",".join([b'[{"b":[]}]'] * 1_000) + b"]}"
    assert 1_000 == len(parse_object(text)["a"])


def test_so_many_values_and_no_more() -> None:
    """Each costs far more in memory than in the text; the object and its list count too."""

    def values(count: int) -> bytes:
        return b'{"a":[' + b",".join([b"0"] * count) + b"]}"

    assert 4_096 == MAX_VALUES
    assert MAX_VALUES - 2 == len(parse_object(values(MAX_VALUES - 2))["a"])
    with pytest.raises(ValueError, match=r"^too many values$"):
        parse_object(values(MAX_VALUES - 1))


def test_whoever_asks_for_less_gets_less() -> None:
    """Counted before anything is built, outside of texts; an empty list is two."""
    assert [0] * 6 == parse_object(b'{"a":[0,0,0,0,0,0]}', max_values=8)["a"]
    text = rb'{"a":"\\","b":"\",,,,,,,,[[[[[{{{{"}'
    assert ["\\", '",,,,,,,,[[[[[{{{{'] == list(parse_object(text, max_values=8).values())
    for text in (
        b'{"a":[0,0,0,0,0,0,0]}',
        b'{"a":[[],[],[],[]]}',
        b'{"a":"\\\\",' + b"[" * 7,
        b"[" * 100_000,
    ):
        with pytest.raises(ValueError, match=r"^too many values$"):
            parse_object(text, max_values=8)


def test_a_number_of_thousands_of_digits_is_refused_in_our_own_words() -> None:
    """Python would name its length."""
    with pytest.raises(ValueError, match=r"^a number is out of bounds$"):
        parse_object(b'{"exp":' + b"9" * 5_000 + b"}")


@pytest.mark.parametrize(
    "shape",
    [
        lambda count: b"[" * count,
        lambda count: b"[" * count + b"]" * count,
        lambda count: b'{"a":' + b"[" * count + b"]" * count + b"}",
        lambda count: b'{"a":' * count + b"1" + b"}" * count,
        lambda count: b'{"a":' * count,
    ],
    ids=["opened", "list", "list in an object", "objects", "objects opened"],
)
def test_thousands_of_brackets_are_refused_at_once(shape: Callable[[int], bytes]) -> None:
    """Neither the stack nor the time is theirs, and more than there may be values are only counted."""
    began = time.process_time()
    # How deep the interpreter's own parser goes, before it is asked what else is wrong, differs.
    assert refusal(shape(MAX_VALUES - 2)) in (TOO_DEEP, "not JSON", "not a JSON object")
    assert "too many values" == refusal(shape(BRACKETS))
    assert time.process_time() - began < 1
