"""Which redirect URIs a request may name (RFC 6749 section 3.1.2.3, RFC 8252 sections 7 and 8.4)."""

from __future__ import annotations

import re

from bearerguard.devserver.records import Application
from bearerguard.devserver.redirect_uris import OOB

MAX_PORT = 65_535
# Read from the first character to the last by one grammar (RFC 3986): nothing is left over that a browser
# could take for another host. No fragment, no empty segment, no user name, hosts in small letters only.
_LOOPBACK = re.compile(
    r"http://(?:localhost|127\.0\.0\.1|\[::1\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+)*/?"
    r"(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?"
)


def may_use(application: Application, redirect_uri: str) -> bool:
    """Tell whether answers to this application may go there.

    To the letter, but for the port and the path on the machine of an installed one.
    """
    if redirect_uri in application.redirect_uris:
        return True
    return application.installed and (redirect_uri == OOB or is_loopback(redirect_uri))


def is_loopback(redirect_uri: str) -> bool:
    """Tell whether this leads to a program on the user's own machine (RFC 8252 section 7.3)."""
    match = _LOOPBACK.fullmatch(redirect_uri)
    return match is not None and int(match["port"] or 1) <= MAX_PORT
