"""Small grammars that several header fields share (RFC 9110 section 5.6).

    quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE

What we write into a quoted string is narrower, the characters that RFC 6750 section 3 allows for
`error_description`: %x20-21 / %x23-5B / %x5D-7E. Nothing in there needs a backslash, so nothing is
ever escaped.
"""

from __future__ import annotations

import re

FORM_URLENCODED = b"application/x-www-form-urlencoded"

_PLAIN_QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


def is_plain_quotable(text: str) -> bool:
    """Tell whether this can stand between quotes as it is."""
    return _PLAIN_QUOTABLE.fullmatch(text) is not None


def is_form_urlencoded(content_type: bytes) -> bool:
    """Tell whether a Content-Type is application/x-www-form-urlencoded, whatever its parameters."""
    if content_type == FORM_URLENCODED:
        return True
    media_type = content_type.partition(b";")[0].strip(b" \t").lower()
    return media_type == FORM_URLENCODED
