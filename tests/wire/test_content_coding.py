"""Content codings, undone within a bound: a bomb never unfolds (RFC 9110 section 8.4.1)."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearerguard.wire.content_coding import Content, ContentError

BOUND = 64 * 1024
TOO_LONG = "it is longer than 65536 bytes"
BROKEN = "its compressed content is broken"
NOT_ASKED_FOR = "its content coding is not one that was asked for"

PLAIN = ["", "identity", " Identity\t"]
PACKED = ["gzip", "x-gzip", "deflate", " GZip ", "DEFLATE"]


def pack(coding: str, content: bytes) -> bytes:
    """Compress as the coding's name says, whose case does not matter."""
    if coding in PLAIN:
        return content
    return zlib.compress(content) if "deflate" in coding.lower() else gzip.compress(content)


def unpack(coding: str, packed: bytes, max_bytes: int = BOUND, piece_bytes: int = 1_000) -> bytes:
    """What comes out of it, piece by piece."""
    content = Content(coding, max_bytes)
    for start in range(0, len(packed), piece_bytes):
        content.add(packed[start : start + piece_bytes])
    return content.end()


def refusal(coding: str, packed: bytes, max_bytes: int = BOUND, piece_bytes: int = 1_000) -> str:
    """Why it is refused."""
    with pytest.raises(ContentError) as caught:
        unpack(coding, packed, max_bytes, piece_bytes)
    return str(caught.value)


@settings(deadline=None)
@given(st.binary(max_size=3_000), st.sampled_from([*PLAIN, *PACKED]), st.integers(1, 4_000))
def test_what_was_packed_comes_out(content: bytes, coding: str, piece_bytes: int) -> None:
    """However it is cut on the way."""
    assert content == unpack(coding, pack(coding, content), piece_bytes=piece_bytes)


@pytest.mark.parametrize("coding", PLAIN)
def test_nothing_at_all_is_nothing(coding: str) -> None:
    """Without a coding there is nothing to miss."""
    assert b"" == Content(coding, BOUND).end()


@pytest.mark.parametrize(
    "coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,identity", "gzipx", "*", "ü"]
)
def test_a_coding_that_nobody_asked_for_is_refused(coding: str) -> None:
    """Before a byte is read."""
    with pytest.raises(ContentError) as caught:
        Content(coding, BOUND)
    assert NOT_ASKED_FOR == str(caught.value)


@pytest.mark.parametrize("piece_bytes", [1, 777, 10**6])
@pytest.mark.parametrize("coding", ["identity", "gzip", "deflate"])
def test_exactly_the_bound_fits_and_one_more_does_not(coding: str, piece_bytes: int) -> None:
    """To the byte, also where all of it comes at once."""
    full = b"x" * BOUND
    assert full == unpack(coding, pack(coding, full), piece_bytes=piece_bytes)
    assert TOO_LONG == refusal(coding, pack(coding, full + b"x"), piece_bytes=piece_bytes)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_comes_in_is_bounded_too(coding: str) -> None:
    """Packed content that is longer than what is in it: empty blocks without an end."""
    begun = zlib.compressobj(wbits=31 if coding == "gzip" else 15).flush(zlib.Z_FULL_FLUSH)
    block = b"\x00\x00\x00\xff\xff"  # an empty stored block (RFC 1951 section 3.2.4)
    assert TOO_LONG == refusal(coding, begun + block * (BOUND // len(block)))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_never_unfolds(coding: str) -> None:
    """60 KB that hold 60 MB, all in one piece: the memory stays at a few times the bound."""
    packed = pack(coding, bytes(60_000_000))
    assert len(packed) < BOUND
    tracemalloc.start()
    try:
        assert TOO_LONG == refusal(coding, packed, piece_bytes=len(packed))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 6 * BOUND


def test_what_is_full_takes_no_more() -> None:
    """Of what still comes, one byte is unfolded, to tell that there is one."""
    full_bytes = 1_000_000
    packer = zlib.compressobj()
    full = packer.compress(bytes(full_bytes)) + packer.flush(zlib.Z_SYNC_FLUSH)
    more = packer.compress(bytes(10 * full_bytes)) + packer.flush()
    content = Content("deflate", full_bytes)
    content.add(full)
    tracemalloc.start()
    try:
        with pytest.raises(ContentError):
            content.add(more)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1.5 * full_bytes


def test_an_endless_answer_is_refused_where_it_passes_the_bound() -> None:
    """Not when it ends."""
    content = Content("", 10)
    content.add(b"x" * 10)
    with pytest.raises(ContentError) as caught:
        content.add(b"x")
    assert "it is longer than 10 bytes" == str(caught.value)


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("keep", [0, 1, 5, -9, -1])
def test_content_that_was_cut_is_refused(coding: str, keep: int) -> None:
    """Also where all its bytes are there, and only the checksum is not."""
    assert BROKEN == refusal(coding, pack(coding, b"content" * 10)[:keep])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("piece_bytes", [1, 1_000])
@pytest.mark.parametrize("tail", [b"x", b"\x00", gzip.compress(b"more"), b" " * 2_000])
def test_content_with_a_tail_is_refused(coding: str, piece_bytes: int, tail: bytes) -> None:
    """A second member too: whoever reads on would read something else."""
    assert BROKEN == refusal(coding, pack(coding, b"content") + tail, piece_bytes=piece_bytes)


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("content", [b"{}", b"\x1f\x8b\x08\x00", b"\xff" * 100])
def test_content_that_is_not_what_it_says_is_refused(coding: str, content: bytes) -> None:
    """Plain, cut in its beginning, or noise."""
    assert BROKEN == refusal(coding, content)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_broken_content_is_refused_where_it_breaks(coding: str) -> None:
    """Not when it ends, which may be never."""
    content = Content(coding, BOUND)
    with pytest.raises(ContentError) as caught:
        content.add(b"not compressed")
    assert BROKEN == str(caught.value)


def test_a_wrong_checksum_is_refused() -> None:
    """Something was changed on the way."""
    packed = bytearray(gzip.compress(b"content"))
    packed[-5] ^= 1
    assert BROKEN == refusal("gzip", bytes(packed))


def test_a_server_may_mistake_one_format_for_the_other() -> None:
    """The first bytes tell which of the two it is."""
    assert [b"content"] * 2 == [
        unpack("gzip", zlib.compress(b"content")),
        unpack("deflate", gzip.compress(b"content")),
    ]
