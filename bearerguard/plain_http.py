"""What happens to a token that came over plain HTTP (RFC 6750 section 5.3)."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from typing import Any

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.flow import Flow, both
from bearerguard.request import ResourceRequest
from bearerguard.stores import TokenStore

logger = logging.getLogger("bearerguard")


class RevokeIn:
    """Refuse a token that came over plain HTTP, and revoke it in this store: it was read on the way.

    Never when the request carries a forwarded field or its peer is private or unknown, since that is
    what a misconfigured TLS proxy looks like, and it must not revoke every customer's token. The
    answer is the same whether the token was known or not.
    """

    def __init__(self, store: TokenStore) -> None:
        methods = (getattr(store, name, None) for name in ("find", "revoke"))
        if isinstance(store, type) or not all(map(callable, methods)):
            raise ConfigurationError("RevokeIn needs a token store, such as SqliteTokenStore(path)")
        self._store = store
        self._find, self._revoke = both(store, "find"), both(store, "revoke")

    def burn(self, request: ResourceRequest, credentials: Credentials) -> Flow[None]:
        """Revoke the token if it is ours and really travelled in clear."""
        if request.has_forwarded_field() or not is_public_address(request.peer):
            return
        digest = credentials.digest()
        try:
            # A look first: strangers' junk must not cost a write each.
            record = yield from self._find(digest)
            if record is None or record.revoked_at is not None:
                return
            yield from self._revoke(digest)
        except Unavailable as error:
            logger.error(
                "token %s came over plain http and could not be revoked: %s",
                credentials.logged_digest(),
                error.what,
            )
            return
        logger.warning("token %s came over plain http and was revoked", credentials.logged_digest())

    def ports(self) -> tuple[Callable[..., Any], ...]:
        return (self._store.find, self._store.revoke)


PlainHttp = str | RevokeIn


def check_plain_http(rule: PlainHttp) -> PlainHttp:
    """Give the rule back, or raise ConfigurationError."""
    if rule in ("refuse", "ignore") or isinstance(rule, RevokeIn):
        return rule
    raise ConfigurationError('plain_http= must be "refuse", "ignore" or RevokeIn(store)')


def is_loopback_development(request: ResourceRequest) -> bool:
    """Tell whether this comes straight from the same machine: by the peer's address, never by Host."""
    address = _address(request.peer)
    return address is not None and address.is_loopback and not request.has_forwarded_field()


def is_public_address(peer: str | None) -> bool:
    """Tell whether a peer is somewhere on the Internet, beyond any network of our own."""
    address = _address(peer)
    return address is not None and address.is_global


def _address(peer: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address((peer or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
