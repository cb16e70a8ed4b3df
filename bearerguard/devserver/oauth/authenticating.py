"""Find out which application asks (RFC 6749 sections 2.3 and 3.2.1).

By `client_secret_basic` or `client_secret_post`; a public application, which has no secret, says its
`client_id` only. Who is unknown and who has the wrong secret get the same answer.
"""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import unquote_plus

from bearerguard.devserver.oauth.asked import AskedRequest
from bearerguard.devserver.oauth.errors import Refused
from bearerguard.devserver.oauth.models import Client
from bearerguard.devserver.secrets import is_secret
from bearerguard.devserver.state.applications import Applications

SECRET_METHODS = ["client_secret_basic", "client_secret_post"]
METHODS = [*SECRET_METHODS, "none"]

TWO_WAYS = "The application must say who it is in one way: in the Authorization field or in the body."
MALFORMED = "The Authorization field must be Basic, with client_id and client_secret (RFC 6749 2.3.1)."
CONFIDENTIAL_ONLY = "Only confidential applications may ask this."


def authenticate(applications: Applications, request: AskedRequest, *, may_be_public: bool) -> Client:
    """Give the application that has shown that it is the one it says. Raises Refused, Unavailable."""
    client_id, secret, method = _presented(request)
    application = applications.find(client_id) if client_id else None
    if application is None:
        raise Refused("invalid_client")
    if not application.is_confidential:
        if secret:
            raise Refused("invalid_client")  # it has none, so somebody guesses
        if not may_be_public:
            raise Refused("invalid_client", CONFIDENTIAL_ONLY)
        method = "none"
    elif not is_secret(secret, application.secret_digest):
        raise Refused("invalid_client")
    request.auth_method = method
    return Client(application)


def _presented(request: AskedRequest) -> tuple[str, str, str]:
    form = request.form
    authorization = request.headers.get("Authorization")
    if authorization is None:
        return form.get("client_id", ""), form.get("client_secret", ""), "client_secret_post"
    client_id, secret = _basic(authorization)
    # The id may stand in the body too: many clients send it everywhere.
    if "client_secret" in form or form.get("client_id", client_id) != client_id:
        raise Refused("invalid_request", TWO_WAYS)
    return client_id, secret, "client_secret_basic"


def _basic(authorization: str) -> tuple[str, str]:
    """Read the field; an empty secret is what some clients send for a public application."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        client_id, colon, secret = b64decode(encoded, validate=True).decode("utf-8").partition(":")
        if scheme.lower() != "basic" or not colon:
            raise ValueError("no Basic credentials")
        # Both parts are form-encoded before they are joined (section 2.3.1).
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise Refused("invalid_client", MALFORMED) from None
