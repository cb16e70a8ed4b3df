"""The bytes of answers, right and wrong."""

from __future__ import annotations

import gzip
import zlib

ACTIVE = b'{"active":true,"sub":"alice","client_id":"app","scope":"tag"}'
INACTIVE = b'{"active":false}'
JSON = "Content-Type: application/json"
MAX_BYTES = 64 * 1024


def head(*fields: str, status: str = "200 OK") -> bytes:
    """A status line and header fields, to the empty line."""
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode("latin-1")


def answer(content: bytes = ACTIVE, *fields: str, status: str = "200 OK", kind: str = JSON) -> bytes:
    """An answer with its length."""
    return head(kind, f"Content-Length: {len(content)}", *fields, status=status) + content


def chunks(*pieces: bytes) -> bytes:
    """A content in chunks, with the last, empty one (RFC 9112 section 7.1)."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def chunked(*pieces: bytes) -> bytes:
    """An answer in chunks."""
    return head(JSON, "Transfer-Encoding: chunked") + chunks(*pieces)


def coded(content: bytes, coding: str) -> bytes:
    """An answer whose content is said to be in this coding."""
    return answer(content, f"Content-Encoding: {coding}")


def padded(size: int) -> bytes:
    """A good content of just so many bytes."""
    return ACTIVE + b" " * (size - len(ACTIVE))


def bomb(size: int) -> bytes:
    """Zeros, packed a thousand times smaller."""
    return gzip.compress(bytes(size), 9)


def deflate_bomb(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def nested(depth: int) -> bytes:
    """A good content that goes so deep."""
    return ACTIVE[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"
