"""Read what an authorization server says of itself (RFC 8414 sections 2 and 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bearerguard.breaker import Unreachable
from bearerguard.clients import HttpResponse
from bearerguard.errors import ConfigurationError
from bearerguard.urls import METADATA, check_endpoint
from bearerguard.wire.json import parse_object

Member: TypeAlias = Literal["jwks_uri", "introspection_endpoint"]
MEMBERS: tuple[Member, ...] = ("jwks_uri", "introspection_endpoint")

MEDIA_TYPE = "application/json"

# Told apart, since nothing else goes wrong as often, and the eye does not see it.
ANOTHER_ISSUER = "its issuer is another one than ours, which it must equal to the letter"
ANOTHER_SLASH = "its issuer is ours but for the slash at the end: give it as the metadata has it"


class AnotherIssuer(Unreachable):
    """The metadata is somebody else's; `said` is whose it says, which is for no log."""

    def __init__(self, what: str, said: object) -> None:
        super().__init__(what)
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What an authorization server says of itself, as far as it is asked: the endpoints that it names.

    `url` is where it says so; `failures` is why others that it names cannot be asked.
    """

    url: str
    endpoints: Mapping[Member, str]
    failures: Mapping[Member, str]

    def says(self, member: Member) -> bool:
        """Tell whether it names this endpoint, be it one that can be asked or not."""
        return member in self.endpoints or member in self.failures


def read_metadata(response: HttpResponse, *, issuer: str, url: str, allow_loopback_http: bool) -> Metadata:
    """Read the metadata of an issuer. Raises Unreachable: whatever is wrong concerns everybody's tokens.

    An endpoint on another host than the issuer's is as good as any other (RFC 8414 section 2). One that
    cannot be asked concerns only those who need it.
    """
    if response.status != 200:
        raise Unreachable(f"it answers {response.status}: see metadata_url=")
    if response.media_type != MEDIA_TYPE:
        raise Unreachable("its answer is not application/json: see metadata_url=")
    try:
        document = parse_object(response.content)
    except ValueError as error:
        raise Unreachable(f"its answer makes no sense: {error}") from error
    _check_issuer(document.get("issuer"), issuer)  # RFC 8414 section 3.3
    endpoints, failures = {}, {}
    for member in MEMBERS:
        said = document.get(member)
        if said is not None and _can_be_asked(said, allow_loopback_http):
            endpoints[member] = said
        elif said is not None:
            failures[member] = f"the metadata's {member} is no https URL that could be asked"
    return Metadata(url=url, endpoints=endpoints, failures=failures)


def _check_issuer(said: object, issuer: str) -> None:
    if said == issuer:
        return
    if isinstance(said, str) and said.rstrip("/") == issuer.rstrip("/"):
        raise AnotherIssuer(ANOTHER_SLASH, said)
    raise AnotherIssuer(ANOTHER_ISSUER, said)


def _can_be_asked(url: Any, allow_loopback_http: bool) -> bool:
    try:
        check_endpoint("", url, allow_loopback_http=allow_loopback_http, purpose=METADATA)
    except ConfigurationError:  # a mistake of theirs, not of whoever built this
        return False
    return True
