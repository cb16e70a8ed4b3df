"""Open the sockets that a development server listens on: this machine's own, unless it is told otherwise."""

from __future__ import annotations

import errno
import re
import socket
from contextlib import ExitStack, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

from bearerguard.errors import ConfigurationError

LOCALHOST = "localhost"
# Clients try either, in an order of their own, and some never try the second.
LOCALHOST_ADDRESSES = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
MAX_PORT = 65_535
ATTEMPTS = 20  # at a port that is free for both addresses
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

Address = IPv4Address | IPv6Address


def addresses_of(host: str, *, beyond_loopback: bool) -> tuple[Address, ...]:
    """Give the addresses of a host of this machine.

    Raises ConfigurationError, for those that others reach too unless that is wanted.
    """
    addresses = LOCALHOST_ADDRESSES if host == LOCALHOST else _look_up(host)
    if not beyond_loopback and not all(address.is_loopback for address in addresses):
        raise ConfigurationError(
            f"a development server listens on this machine only, and others reach {host}: "
            "use localhost, or listen_beyond_loopback (--listen-beyond-loopback) in a network that you trust"
        )
    return addresses


def check_port(port: int) -> None:
    """Refuse what is no port; 0 is any that is free. Raises ConfigurationError."""
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= MAX_PORT:
        raise ConfigurationError(f"port must be a number from 0, which takes any free one, to {MAX_PORT:,}")


def listen(host: str, addresses: tuple[Address, ...], port: int) -> list[socket.socket]:
    """Listen on one port of all these addresses; those of localhost that a machine lacks are left out.

    Raises ConfigurationError.
    """
    for _ in range(ATTEMPTS if port == 0 else 1):
        try:
            return _listen(host, addresses, port)
        except OSError as error:
            failure = error
            if error.errno != errno.EADDRINUSE:
                break
    raise ConfigurationError(_what_is_wrong(host, port, failure)) from failure


def origin_of(host: str, addresses: tuple[Address, ...], port: int) -> str:
    """Give the origin by which clients reach the server."""
    host = name_of(host, addresses)
    return f"https://{f'[{host}]' if ':' in host else host.lower()}:{port}"


def name_of(host: str, addresses: tuple[Address, ...]) -> str:
    """Give the host by which clients reach the server; this machine's own, if it is for every address."""
    return LOCALHOST if any(address.is_unspecified for address in addresses) else host


def _look_up(host: str) -> tuple[Address, ...]:
    # An address with a zone (fe80::1%eth0) has no place in the URL of an issuer.
    if isinstance(host, str) and "%" not in host:
        with suppress(ValueError):
            return (ip_address(host),)
    if not isinstance(host, str) or _HOST_NAME.fullmatch(host) is None:
        raise ConfigurationError("host must be a name or an address of this machine, such as localhost")
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigurationError(f"the host {host} has no address: use localhost") from error
    return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


def _listen(host: str, addresses: tuple[Address, ...], port: int) -> list[socket.socket]:
    with ExitStack() as opened:
        sockets: list[socket.socket] = []
        for address in addresses:
            try:
                one = _open(address, sockets[0].getsockname()[1] if sockets else port)
            except OSError as error:
                if host == LOCALHOST and sockets and error.errno in _NO_SUCH_ADDRESS:
                    continue
                raise
            sockets.append(opened.enter_context(one))
        opened.pop_all()
        return sockets


def _open(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    return socket.create_server((str(address), port), family=family)


def _what_is_wrong(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use: stop what uses it, or choose another port"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} may not be used by this user: choose one from 1024 on"
    return f"nothing can listen on port {port} of {host}: use localhost, or an address of this machine"
