"""Which redirect URIs an application may register (RFC 6749 section 3.1.2, RFC 8252 section 7)."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from bearerguard.errors import ConfigurationError

OOB = "urn:ietf:wg:oauth:2.0:oob"  # the page shows the code, and the user carries it over
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_URI_CHARACTERS = 2_000  # with code and state added, it has to fit into what browsers and servers take
_URI_CHARACTER = re.compile(r"[A-Za-z0-9\-._~:/?@!$&'()*+,;=%\[\]]+")  # RFC 3986 section 2, without "#"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
# Named after a domain in reverse, so that no two applications claim one (RFC 8252 section 7.1).
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")


def check_registrable(uri: str, *, installed: bool) -> None:
    """Refuse what cannot be a redirect URI; an `installed` application has more to choose from.

    Raises ConfigurationError.
    """
    if not isinstance(uri, str) or not uri:
        raise ConfigurationError("a redirect URI must be a text such as https://client.example.org/callback")
    if uri == OOB:
        if not installed:
            raise ConfigurationError(f"{OOB} is for installed applications only: register it as one")
        return
    _check_text(uri)
    parts = _parts_of(uri)
    if installed and _PRIVATE_SCHEME.fullmatch(parts.scheme) and uri.startswith(parts.scheme + ":"):
        return
    _check_web(uri, parts, installed=installed)


def _check_text(uri: str) -> None:
    if "#" in uri:
        raise ConfigurationError("a redirect URI must not have a fragment: leave out the # and what follows")
    if len(uri) > MAX_URI_CHARACTERS:
        raise ConfigurationError(f"a redirect URI must not be longer than {MAX_URI_CHARACTERS:,} characters")
    if not _URI_CHARACTER.fullmatch(uri) or _BAD_ESCAPE.search(uri):
        raise ConfigurationError(
            "a redirect URI must be plain ASCII without spaces: write anything else as %20 and the like"
        )


def _parts_of(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018 - raises for one that is none
    except ValueError as error:
        raise ConfigurationError("this redirect URI is no URI: look at its host and port") from error
    return parts


def _check_web(uri: str, parts: SplitResult, *, installed: bool) -> None:
    if parts.scheme not in ("https", "http") or not uri.startswith(f"{parts.scheme}://"):
        wanted = "https://..." + (
            ", http://localhost or a scheme with a dot such as org.example.app:/"
            if installed
            else " or, on your own machine, http://localhost"
        )
        raise ConfigurationError(f"a redirect URI must begin with {wanted}")
    if "@" in parts.netloc:
        raise ConfigurationError("a redirect URI must not have a user name in it")
    if not _HOST.fullmatch(parts.netloc) or parts.port == 0:
        raise ConfigurationError("a redirect URI needs a host in small letters, with a port or without")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ConfigurationError("plain http is for this machine only (http://localhost): use https")
