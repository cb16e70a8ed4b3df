"""Find bearer credentials on a request (RFC 6750 section 2) and challenge for them (section 3)."""

from __future__ import annotations

from functools import lru_cache

from bearerguard.checks import check_counts, check_seconds
from bearerguard.credentials import Credentials, Found
from bearerguard.errors import ConfigurationError, InvalidRequest, InvalidToken, Reason, Refusal, Unavailable
from bearerguard.flow import Call, Flow, Step
from bearerguard.request import BodyNotRead, ResourceRequest
from bearerguard.schemes import Scheme
from bearerguard.token import AccessToken
from bearerguard.wire.authorization import find_bearer
from bearerguard.wire.challenge import dump_challenge
from bearerguard.wire.fields import is_form_urlencoded
from bearerguard.wire.parameters import find_access_token, read_access_token, take_access_token
from bearerguard.wire.scope import dump_scopes

# Methods whose content has a meaning (RFC 9110 section 9.3): a form token anywhere else is not one.
BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})

# Refusals are few and a flood gets the same one over and over.
KEPT_CHALLENGES = 256

TWO_WAYS = "The access token must be sent in one way only."
TOO_LONG = "The access token is too long."
NOT_ASCII = "A form body that may carry a token must be ASCII."


class Bearer(Scheme):
    """Bearer tokens: in the Authorization field always, in a form body or the query string by choice.

    `max_token_bytes` bounds a token before anything looks at it. A form is read up to
    `max_body_bytes` and for `body_timeout_seconds` at most, and only where a form token can apply.
    A transport that is off is neither read nor counted.
    """

    name = "Bearer"

    def __init__(
        self,
        *,
        form: bool = False,
        query: bool = False,
        max_token_bytes: int = 16_384,
        max_body_bytes: int = 16_384,
        body_timeout_seconds: float = 10.0,
    ) -> None:
        for name, on in (("form", form), ("query", query)):
            if not isinstance(on, bool):
                raise ConfigurationError(f"Bearer({name}=...) must be True or False")
        check_counts("Bearer", "bytes", max_token_bytes=max_token_bytes, max_body_bytes=max_body_bytes)
        check_seconds("Bearer", body_timeout_seconds=body_timeout_seconds)
        self._form = form
        self._query = query
        self._max_token_bytes = max_token_bytes
        self._max_body_bytes = max_body_bytes
        self._body_timeout_seconds = body_timeout_seconds

    def find(self, request: ResourceRequest) -> Step[Found]:
        # The query first: the parameter must be gone from there even if the header is refused.
        in_query = self._take_from_query(request, query) if self._query and (query := request.query) else None
        token = find_bearer(request.authorization())
        if in_query is not None and token is not None:
            raise InvalidRequest(TWO_WAYS)
        if self._form and request.method in BODY_METHODS and _is_plain_form(request):
            return self._find_with_form(request, token, in_query)
        found = token if in_query is None else in_query
        if found is not None and len(found) > self._max_token_bytes:
            raise InvalidRequest(TOO_LONG)
        return found if in_query is None else Credentials(self.name, in_query, "query")

    def hide(self, request: ResourceRequest) -> None:
        taken, rest = take_access_token(request.query) if self._query else ([], b"")
        if taken:
            request.replace_query(rest)

    def confirm(self, credentials: Credentials, facts: AccessToken, request: ResourceRequest) -> None:
        """Refuse a token that is bound to a key: its sender has not shown it (RFC 9449 section 7.2)."""
        if facts.confirmation is not None:
            raise InvalidToken(Reason.BOUND_TO_KEY)

    def challenge(self, realm: str, refusal: Refusal | None) -> str:
        if refusal is None or refusal.error is None:
            return _challenge(self.name, realm)
        return _challenge(self.name, realm, refusal.error, refusal.description, refusal.scopes)

    def _take_from_query(self, request: ResourceRequest, query: bytes) -> bytes | None:
        taken, rest = take_access_token(query)
        if not taken:
            return None
        request.replace_query(rest)
        return read_access_token(taken)

    def _find_with_form(
        self, request: ResourceRequest, in_header: bytes | None, in_query: bytes | None
    ) -> Flow[Found]:
        token, transport = (in_header, "header") if in_query is None else (in_query, "query")
        try:
            body: bytes = yield Call(request.read_body, (self._max_body_bytes, self._body_timeout_seconds))
            if not body.isascii():
                raise BodyNotRead(NOT_ASCII)
            in_form = find_access_token(body)
        except (BodyNotRead, Unavailable):
            if token is None:
                raise
            in_form = None  # with a token found elsewhere, a body that cannot be looked into may pass
        if in_form is not None:
            if token is not None:
                raise InvalidRequest(TWO_WAYS)
            token, transport = in_form, "form"
        if token is None:
            return None
        if len(token) > self._max_token_bytes:
            raise InvalidRequest(TOO_LONG)
        return Credentials(self.name, token, transport)


@lru_cache(maxsize=KEPT_CHALLENGES)
def _challenge(
    scheme: str, realm: str, error: str | None = None, description: str = "", scopes: tuple[str, ...] = ()
) -> str:
    parameters = {"realm": realm}
    if error is not None:
        parameters |= {"error": error, "error_description": description}
        if scopes:
            parameters["scope"] = dump_scopes(scopes)
    return dump_challenge(scheme, parameters)


def _is_plain_form(request: ResourceRequest) -> bool:
    content_type = request.field("content-type")
    return (
        content_type is not None
        and is_form_urlencoded(content_type)
        and request.field("content-encoding") is None
    )
