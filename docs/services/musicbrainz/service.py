"""What the service does with a request, whatever framework has taken it: who asks, and what for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from bearerguard import Authentication
from musicbrainz.answers import Problem, Reply
from musicbrainz.contributions import Contributions
from musicbrainz.digest import Digest, DigestRefused, Target, is_digest
from musicbrainz.editors import Editor
from musicbrainz.submissions import NotTaken

MAX_BODY_BYTES = 256 * 1024  # some thousand tags; more at once is an attack, or belongs into several
MAX_PARAMETERS = 50  # many times what any place here takes

NO_CREDENTIALS = "This belongs to an editor: send an access token, or Digest credentials."
BAD_CREDENTIALS = "The name or the password is wrong."
STALE_CREDENTIALS = "The nonce is used up or too old: answer the new challenge."
MALFORMED_DIGEST = "The Digest credentials are malformed, or were made for another request."
USERS_ONLY = "This belongs to an editor, and the access token speaks for an application alone."
TOO_LARGE = f"The body is larger than {MAX_BODY_BYTES} bytes."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the service sees it: no token, for the guard has taken that."""

    target: Target
    place: Mapping[str, str]
    authorization: str | None = field(repr=False)
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)

    def parameters(self) -> dict[str, str]:
        """Give the parameters of the query. Raises NotTaken for one that is repeated."""
        try:
            pairs = parse_qsl(self.target.query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
        except ValueError as error:
            raise NotTaken("There are too many parameters.") from error
        found = dict(pairs)
        if len(found) < len(pairs):
            raise NotTaken("A parameter is there more than once.")
        return found


@dataclass(frozen=True, slots=True)
class Sender:
    """The editor for whom a request is made; Digest opens everything, a token what it was given."""

    name: str
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


@dataclass(frozen=True, slots=True)
class Service:
    """All that operations need: what is kept, who the editors are, and what this service is called."""

    resource: str
    editors: Mapping[str, Editor]
    contributions: Contributions
    digest: Digest


Operation = Callable[[Service, Sender, Asked], Reply | Problem]
Lookup = Callable[[Service, Asked], Reply | Problem]


@dataclass(frozen=True, slots=True)
class Place:
    """A path, what its methods do, and the scope that a token needs there."""

    path: str
    scope: str
    operations: Mapping[str, Operation]


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A path that everybody may read."""

    path: str
    lookup: Lookup


def build_service(resource: str, editors: Mapping[str, Editor]) -> Service:
    def hash_of(name: str) -> str | None:
        return editors[name].digest_hash if name in editors else None

    return Service(resource, editors, Contributions(), Digest(hash_of))


def operate(
    service: Service, place: Place, asked: Asked, authentication: Authentication | None
) -> Reply | Problem:
    """Answer a request; the guard has checked the token's scope if there is one."""
    if len(asked.body) > MAX_BODY_BYTES:
        return Problem(413, TOO_LARGE)
    sender = _by_digest(service.digest, asked) if authentication is None else _by_token(authentication)
    if isinstance(sender, Problem):
        return sender
    method = "GET" if asked.target.method == "HEAD" else asked.target.method
    try:
        return place.operations[method](service, sender, asked)
    except NotTaken as error:
        return Problem(400, str(error))


def look_up(service: Service, place: OpenPlace, asked: Asked) -> Reply | Problem:
    """Answer a request that needs nobody."""
    try:
        return place.lookup(service, asked)
    except NotTaken as error:
        return Problem(400, str(error))


def _by_token(authentication: Authentication) -> Sender | Problem:
    if authentication.access_token.is_application or authentication.subject is None:
        return Problem(403, USERS_ONLY, "users_only")
    return Sender(authentication.subject, authentication.scopes)


def _by_digest(digest: Digest, asked: Asked) -> Sender | Problem:
    """Ask for Digest first: clients of that time take the first challenge, and stumble over one of ours."""
    field = asked.authorization
    if field is None or not is_digest(field):
        return Problem(401, NO_CREDENTIALS, "unauthorized", digest.challenge())
    try:
        return Sender(digest.verify(field, asked.target))
    except DigestRefused as refused:
        if refused.challenge is None:
            return Problem(400, MALFORMED_DIGEST)
        text = STALE_CREDENTIALS if refused.is_stale else BAD_CREDENTIALS
        return Problem(401, text, "unauthorized", refused.challenge)
