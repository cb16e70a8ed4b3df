"""Keys that are given, and never fetched: a JWK Set (RFC 7517 section 5), or one public key in a PEM file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bearerguard.errors import ConfigurationError
from bearerguard.keys import Key, Keys
from bearerguard.keys._library import check_library
from bearerguard.wire.json import parse_object

if TYPE_CHECKING:
    from bearerguard.keys._key_set import KeySet

MAX_FILE_BYTES = 64 * 1024  # as much as is taken from an issuer; what is larger is another file

USABLE = "an RSA key of 2048 to 16384 bits, an EC key on P-256, P-384 or P-521, an Ed25519 or an Ed448 key"
NO_SOURCE = "StaticKeys needs the path of a JWK Set or PEM file, the text of a PEM, or a JWK Set as a mapping"
NO_FORMAT = "StaticKeys was given neither a JWK Set in JSON nor a PEM: {}"
TOO_LARGE = "StaticKeys was given a file of more than 64 KiB, which is no set of keys: see its path"
UNREADABLE = "StaticKeys cannot read the file that it was given: {}"
UNUSABLE = "StaticKeys cannot use key {} that it was given: {}; give it the public part of " + USABLE
NONE_LEFT = "StaticKeys was given no key that is for signatures; give it the public part of " + USABLE


class StaticKeys(Keys):
    """Public keys that whoever runs the API has been given.

    `source` is the path of a file, the text of a PEM, or a JWK Set (or a single JWK) as a mapping. A PEM
    holds one public key or one certificate, of which only the key counts. Keys for other purposes are
    passed over; one that is private, shared, too small or broken is a mistake.

    Raises ConfigurationError. Does not: read the file a second time.
    """

    def __init__(self, source: str | Path | Mapping[str, Any]) -> None:
        check_library("StaticKeys")
        self._keys = _read_keys(_read_document(source))

    def find(self, kid: str | None, algorithm: str) -> Sequence[Key]:
        found = self._keys.find(kid, algorithm)
        return self._keys.find_nameless(algorithm) if found is None else found


def _read_document(source: object) -> Mapping[str, Any]:
    """Give the JWK Set that the source holds or amounts to."""
    from bearerguard.keys._pem import BEGIN, read_pem  # not with the package: it brings the library

    text = _text_of(source)
    try:
        document = read_pem(text) if BEGIN in text else parse_object(text.encode())
    except ValueError as error:
        raise ConfigurationError(NO_FORMAT.format(error)) from error
    return {"keys": [document]} if "kty" in document else document


def _text_of(source: object) -> str:
    if isinstance(source, Mapping):
        try:
            return json.dumps(dict(source))
        except (TypeError, ValueError) as error:
            raise ConfigurationError(NO_SOURCE) from error
    if isinstance(source, str) and ("\n" in source or "{" in source):
        return source
    if not isinstance(source, str | Path) or not str(source) or "\0" in str(source):
        raise ConfigurationError(NO_SOURCE)
    return _read_file(Path(source))


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise ConfigurationError(TOO_LARGE)
        return content.decode()
    except OSError as error:
        raise ConfigurationError(UNREADABLE.format(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(UNREADABLE.format("it is not text in UTF-8")) from error


def _read_keys(document: Mapping[str, Any]) -> KeySet:
    from bearerguard.keys._key_set import read_key_set
    from bearerguard.keys.jwk import OtherKey

    try:
        read = read_key_set(document)
    except ValueError as error:
        raise ConfigurationError(NO_FORMAT.format(error)) from error
    for number, unusable in read.unusable:
        if not isinstance(unusable, OtherKey):
            raise ConfigurationError(UNUSABLE.format(number, unusable)) from unusable
    if not read.keys.keys:
        raise ConfigurationError(NONE_LEFT)
    return read.keys
