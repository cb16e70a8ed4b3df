"""Check the URLs that a guard is built from: https, but for one's own machine and by choice."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from bearerguard.errors import ConfigurationError

_AUTHORITY = re.compile(r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z._-]+))(?::[0-9]+)?")

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def is_https(url: SplitResult, *, or_loopback: bool) -> bool:
    """Tell whether this leads to a host over https or, where `or_loopback`, to this machine over http."""
    if url.scheme == "http":
        return or_loopback and url.hostname in LOOPBACK_HOSTS
    return url.scheme == "https" and bool(url.hostname)


def check_endpoint(owner: str, url: str, *, allow_loopback_http: bool) -> str:
    """Give back the URL of an endpoint that secrets and tokens are sent to, or raise ConfigurationError."""
    if not isinstance(url, str):
        raise ConfigurationError(f'{owner} needs a URL, such as "https://as.example.org/introspect"')
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for one that is no number
    except ValueError as error:
        raise ConfigurationError(f"{owner}: what it should ask is not a URL") from error
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(f"{owner}: no user and password in the URL; they go into client=")
    if "#" in url or any(not "!" <= character <= "~" for character in url):
        raise ConfigurationError(f"{owner}: the URL must be plain ASCII, without spaces or a fragment")
    if not is_https(parts, or_loopback=allow_loopback_http):
        raise ConfigurationError(
            f"{owner} sends tokens to this URL, so it must be https; "
            "allow_loopback_http=True excuses http to this machine, for development"
        )
    if not _is_plain_host(parts):
        raise ConfigurationError(f"{owner}: the URL's host must be a name or an address, with a port or not")
    return url


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
