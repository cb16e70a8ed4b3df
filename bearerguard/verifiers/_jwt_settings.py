"""Check what a JWT verifier is built from; a mistake is found at start, and named with its cure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bearerguard.errors import ConfigurationError
from bearerguard.keys import ALGORITHMS, Keys

OWNER = "JwtVerifier"

# The header's `typ`, as a media type without "application/" (RFC 9068 section 2.1, RFC 7519 section 5.1).
PROFILE_TYPE = "at+jwt"
PLAIN_TYPE = "jwt"
_TYPES = {"at+jwt": PROFILE_TYPE, "JWT": PLAIN_TYPE}

_COLLECTIONS = (tuple, list, set, frozenset)  # of one text it would be the letters

RequiredClaims = Collection[str] | Mapping[str, str]


def check_keys(keys: Keys) -> Keys:
    """Give the keys back, or raise ConfigurationError."""
    if not isinstance(keys, Keys):
        raise ConfigurationError(
            f'{OWNER}(keys=...) must be keys, such as RemoteKeys("https://as.example.org/jwks.json") '
            'or StaticKeys("jwks.json")'
        )
    return keys


def check_algorithms(algorithms: Collection[str]) -> frozenset[str]:
    """Give the names of the algorithms that are accepted, or raise ConfigurationError."""
    names = _names("algorithms", algorithms, example='("RS256",)')
    for name in names:
        if name.upper() == "NONE" or name.upper().startswith("HS"):
            raise ConfigurationError(
                f"{OWNER}(algorithms=...) holds {name!r}: whoever can check such a token can make one; "
                "let the issuer sign with RS256 or ES256, or use Introspection"
            )
        if name not in ALGORITHMS:
            raise ConfigurationError(
                f"{OWNER}(algorithms=...) holds {name!r}, which is not known; "
                f"known are {', '.join(sorted(ALGORITHMS))}"
            )
    return names


def check_types(typ: Collection[str]) -> frozenset[str]:
    """Give the kinds of header that are accepted, as media types in small letters, or raise."""
    names = _names("typ", typ, example='("at+jwt",)')
    for name in names:
        if name not in _TYPES:
            raise ConfigurationError(
                f'{OWNER}(typ=...) holds {name!r}; there are "at+jwt" (RFC 9068) and "JWT", '
                "for issuers that say no more than that"
            )
    return frozenset(_TYPES[name] for name in names)


def check_required_claims(required: RequiredClaims | None) -> dict[str, str | None] | None:
    """Give each claim that must be there with the text that it must be, None for any; or raise."""
    if required is None:
        return None
    if isinstance(required, Mapping):
        is_good = all(map(_is_name, required)) and all(type(value) is str for value in required.values())
    else:
        is_good = isinstance(required, _COLLECTIONS) and all(map(_is_name, required))
    if not is_good:
        raise ConfigurationError(
            f"{OWNER}(require_claims=...) must be names of claims, or names with the texts that these must "
            'be, such as ("scope",) or {"token_use": "access"}'
        )
    return dict(required) if isinstance(required, Mapping) else dict.fromkeys(required)


def _names(setting: str, names: Collection[str], *, example: str) -> frozenset[str]:
    if not isinstance(names, _COLLECTIONS) or not names or not all(map(_is_name, names)):
        raise ConfigurationError(
            f"{OWNER}({setting}=...) must be a tuple of at least one name, such as {example}: mind the comma"
        )
    return frozenset(names)


def _is_name(name: object) -> bool:
    return type(name) is str and name != ""  # a subclass may have ideas of its own about equality
