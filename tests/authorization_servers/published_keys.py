"""The signing keys of an authorization server, in a file that outlives its process."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet, RSAKey

RSA_BITS = 2048


class PublishedKeys:
    """The keys whose public halves are published, oldest first; the newest one signs.

    Each question reads the file, since questions come in on many threads; but a key is imported once, which
    takes longer than to sign with it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            self._write([])
            self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on, and go on publishing the others."""
        made = RSAKey.generate_key(RSA_BITS, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self._write([*self._read(), made.as_dict(private=True)])

    def withdraw(self) -> None:
        """Publish none but the newest from now on."""
        self._write(self._read()[-1:])

    def public(self) -> dict[str, Any]:
        """What is published: a JWK Set (RFC 7517)."""
        published: dict[str, Any] = dict(self.all().as_dict(private=False))
        return published

    def all(self) -> KeySet:
        return KeySet([_import(json.dumps(key)) for key in self._read()])

    def newest(self) -> KeySet:
        """The one that signs; as a set, so that its `kid` gets into the header."""
        return KeySet(self.all().keys[-1:])

    def newest_pem(self) -> str:
        return self.newest().keys[0].as_pem(private=True).decode()

    def _read(self) -> list[dict[str, Any]]:
        keys: list[dict[str, Any]] = json.loads(self._path.read_text())["keys"]
        return keys

    def _write(self, keys: list[dict[str, Any]]) -> None:
        made = self._path.with_suffix(".new")
        made.write_text(json.dumps({"keys": keys}))
        made.replace(self._path)  # at once: a reader sees the old ones or the new ones


@lru_cache
def _import(key: str) -> RSAKey:
    return RSAKey.import_key(json.loads(key))
