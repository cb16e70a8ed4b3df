"""Verify HTTP Digest, for clients from before OAuth 2 (RFC 7616; MD5 with qop=auth, as RFC 2617 had it).

MD5 is what those clients speak. It is kept for them alone: whoever can send a token should.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from musicbrainz.nonces import Nonces

REALM = "musicbrainz.org"
MAX_FIELD_CHARACTERS = 8_192  # longer than the longest target that servers take
_NEEDED = ("username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce")
_NOBODY = "0" * 32  # stands for the hash of a user there is none of, so that both take as long

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 section 5.6.2
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))\s*(?:,|$)')
_COUNT = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for: the method, the path with its percent-encoding undone, and the query as it came."""

    method: str
    path: bytes
    query: str


class DigestRefused(Exception):
    """These credentials are not good; `challenge` is None where the field itself makes no sense (a 400)."""

    def __init__(self, challenge: str | None = None, *, is_stale: bool = False) -> None:
        super().__init__("stale" if is_stale else "malformed" if challenge is None else "wrong")
        self.challenge = challenge
        self.is_stale = is_stale


class Digest:
    """HTTP Digest for users whose `MD5(name:realm:password)` is known by their name."""

    def __init__(self, hash_of: Callable[[str], str | None], nonces: Nonces | None = None) -> None:
        self._hash_of = hash_of
        self._nonces = nonces or Nonces()

    def challenge(self, *, stale: bool = False) -> str:
        """Write a challenge; `stale` tells a client to try again without asking for the password again."""
        text = f'Digest realm="{REALM}", nonce="{self._nonces.make()}", qop="auth", algorithm=MD5'
        return f"{text}, stale=true" if stale else text

    def verify(self, field: str, target: Target) -> str:
        """Give the name of the user who sent this Authorization field with a request for this target.

        Raises DigestRefused.
        """
        sent = _parameters_of(field)
        if sent is None or not _is_for(sent["uri"], target):
            raise DigestRefused
        name = _text_of(sent["username"])
        known = self._hash_of(name)
        expected = _response(known or _NOBODY, sent, target.method)
        is_right = hmac.compare_digest(expected.encode("ascii"), sent["response"].encode("latin-1"))
        if not is_right or known is None or sent["realm"] != REALM:
            raise DigestRefused(self.challenge())
        if not self._nonces.take(sent["nonce"], int(sent["nc"], 16)):
            # The password was right, so it need not be asked for again (section 3.3).
            raise DigestRefused(self.challenge(stale=True), is_stale=True)
        return name


def is_digest(field: str) -> bool:
    return field[:7].lower() == "digest "


def password_hash(name: str, password: str) -> str:
    """Give what is kept instead of a password; it is as good as one, here."""
    return _md5(f"{name}:{REALM}:{password}".encode())


def _parameters_of(field: str) -> dict[str, str] | None:
    """Read `Digest name=value, ...`; None for what is malformed, incomplete or not of our kind."""
    if len(field) > MAX_FIELD_CHARACTERS:
        return None
    rest, found = field[len("digest ") :], {}
    while rest:
        match = _PARAMETER.match(rest)
        if match is None or match[1].lower() in found:
            return None
        found[match[1].lower()] = match[3] or re.sub(r"\\(.)", r"\1", match[2] or "")
        rest = rest[match.end() :]
    is_ours = found.get("qop") == "auth" and found.get("algorithm", "MD5").upper() == "MD5"
    is_complete = all(name in found for name in _NEEDED) and _COUNT.fullmatch(found["nc"].lower())
    return found if is_ours and is_complete else None


def _is_for(uri: str, target: Target) -> bool:
    """Tell whether `uri` is what was asked for (section 3.4.6), whichever way its path is encoded."""
    path, _, query = uri.partition("?")
    return unquote_to_bytes(path.encode("latin-1")) == target.path and query == target.query


def _response(user_hash: str, sent: dict[str, str], method: str) -> str:
    """Compute `response` (section 3.4.1)."""
    asked = _md5(f"{method}:{sent['uri']}".encode("latin-1"))
    text = f"{user_hash}:{sent['nonce']}:{sent['nc']}:{sent['cnonce']}:auth:{asked}"
    return _md5(text.encode("latin-1"))


def _text_of(username: str) -> str:
    """Header fields are bytes: most clients send a name as UTF-8, some as ISO 8859-1."""
    try:
        return username.encode("latin-1").decode()
    except UnicodeDecodeError:
        return username


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
