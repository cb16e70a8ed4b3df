"""Check the URLs that a guard is built from: https, but for one's own machine and by choice."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from bearerguard.errors import ConfigurationError

_AUTHORITY = re.compile(r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z._-]+))(?::[0-9]+)?")


class Purpose(NamedTuple):
    """What a URL is for, in the words of its mistakes."""

    example: str
    why_https: str
    where_secrets_go: str


INTROSPECTION = Purpose(
    "https://as.example.org/introspect", "sends tokens to this URL", "they go into client="
)
KEY_SET = Purpose(
    "https://as.example.org/jwks.json", "believes the keys at this URL", "a key set is for everybody"
)
METADATA = Purpose("https://as.example.org", "believes what is said at this URL", "metadata is for everybody")

_WELL_KNOWN = "/.well-known/"

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def is_https(url: SplitResult, *, or_loopback: bool) -> bool:
    """Tell whether this leads to a host over https or, where `or_loopback`, to this machine over http."""
    if url.scheme == "http":
        return or_loopback and url.hostname in LOOPBACK_HOSTS
    return url.scheme == "https" and bool(url.hostname)


def check_endpoint(
    owner: str, url: str, *, allow_loopback_http: bool, purpose: Purpose = INTROSPECTION
) -> str:
    """Give back the URL of an endpoint of an authorization server, or raise ConfigurationError."""
    if not isinstance(url, str):
        raise ConfigurationError(f'{owner} needs a URL, such as "{purpose.example}"')
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for one that is no number
    except ValueError as error:
        raise ConfigurationError(f"{owner}: what it should ask is not a URL") from error
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(f"{owner}: no user and password in the URL; {purpose.where_secrets_go}")
    if "#" in url or any(not "!" <= character <= "~" for character in url):
        raise ConfigurationError(f"{owner}: the URL must be plain ASCII, without spaces or a fragment")
    if not is_https(parts, or_loopback=allow_loopback_http):
        raise ConfigurationError(f"{owner} {purpose.why_https}, so it must be https; {_excuse(owner)}")
    if not _is_plain_host(parts):
        raise ConfigurationError(f"{owner}: the URL's host must be a name or an address, with a port or not")
    return url


def check_issuer(owner: str, issuer: str, *, allow_loopback_http: bool) -> str:
    """Give back an issuer identifier (RFC 8414 section 2), or raise ConfigurationError.

    It is compared as it stands, to the last slash, so it is not tidied up.
    """
    example = 'such as "https://as.example.org/tenant"'
    if type(issuer) is not str:  # a subclass may have ideas of its own about equality
        raise ConfigurationError(f"{owner} needs the issuer's name, as tokens have it in iss, {example}")
    try:
        parts = urlsplit(issuer)
    except ValueError as error:
        raise ConfigurationError(f"{owner}: the issuer is not a URL, {example}") from error
    if "#" in issuer or "?" in issuer or any(not "!" <= character <= "~" for character in issuer):
        raise ConfigurationError(
            f"{owner}: the issuer must be plain ASCII, without spaces, a query or a fragment, {example}"
        )
    if not is_https(parts, or_loopback=allow_loopback_http):
        raise ConfigurationError(f"{owner}: the issuer must be an https URL, {example}; {_excuse(owner)}")
    if _WELL_KNOWN in issuer:
        raise ConfigurationError(
            f"{owner}: the issuer has {_WELL_KNOWN} in it: that is where the metadata is; "
            f"give the issuer's name, {example}"
        )
    return issuer


def _excuse(owner: str) -> str:
    """Say what allows http; an `Issuer` has that itself, also where only its name was given."""
    parameter = "allow_loopback_http=True"
    said = f"Issuer(..., {parameter})" if owner == "Issuer" else parameter
    return f"{said} excuses http to this machine, for development"


def _is_plain_host(parts: SplitResult) -> bool:
    """Tell whether the authority is a host and perhaps a port, in the one way that all parsers read alike."""
    match = _AUTHORITY.fullmatch(parts.netloc)
    if match is None:
        return False
    name, bracketed = match.group("name", "bracketed")
    try:
        if bracketed is not None:
            ipaddress.IPv6Address(bracketed)
        elif name.rpartition(".")[2].isdigit():
            ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
