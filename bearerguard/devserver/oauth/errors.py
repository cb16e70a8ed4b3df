"""How an error is answered (RFC 6749 sections 4.1.2.1 and 5.2): in sentences of our own, nothing echoed."""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from flask import Response, jsonify

REALM = "devserver"
CHALLENGE = f'Basic realm="{REALM}", charset="UTF-8"'  # RFC 7617

INVALID_CLIENT = "The application is unknown, or has not shown that it is the one it says."
INVALID_GRANT = (
    "The code or refresh token is unknown, used, expired or revoked, or belongs to another application "
    "or redirect URI."
)

# By error code: also for what a later Authlib says in other words.
SENTENCES = {
    "access_denied": "The user has said no.",
    "invalid_client": INVALID_CLIENT,
    "invalid_grant": INVALID_GRANT,
    "invalid_request": "The request lacks a parameter, or has one that cannot be.",
    "invalid_scope": "The scope is unknown, malformed, or more than the application may ask for.",
    "unauthorized_client": "The application may not get tokens in this way.",
    "unsupported_grant_type": "This grant_type is not supported.",
    "unsupported_response_type": "This response_type is not supported.",
}
# By what Authlib says, where ours can be as exact.
CLOSER_SENTENCES = {
    "Missing 'code' in request.": "Required parameter is missing: code",
    "Missing 'refresh_token' in request.": "Required parameter is missing: refresh_token",
    "Missing 'redirect_uri' in request.": "Required parameter is missing: redirect_uri",
    "Missing 'code_challenge'": "code_challenge_method needs a code_challenge.",
    "Invalid 'code_challenge'": "code_challenge must be 43 to 128 letters, digits and -._~",
    "Unsupported 'code_challenge_method'": "code_challenge_method must be S256 or plain.",
    "Missing 'code_verifier'": "Required parameter is missing: code_verifier",
    "Invalid 'code_verifier'": "code_verifier must be 43 to 128 letters, digits and -._~",
    "The authorization request had no 'code_challenge', but a 'code_verifier' was provided.": (
        "There is a code_verifier, but the code was asked for without a code_challenge."
    ),
}


class Refused(OAuth2Error):
    """A refusal of ours: its description is for everybody to read."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(description or SENTENCES[error], error=error)


def missing(name: str) -> Refused:
    """Say which parameter is missing."""
    return Refused("invalid_request", f"Required parameter is missing: {name}")


def describe(error: OAuth2Error) -> str:
    """Say what is wrong in words of our own: Authlib's repeat what was sent."""
    if isinstance(error, Refused):
        return str(error.description)
    closer = CLOSER_SENTENCES.get(error.description)
    return closer or SENTENCES.get(error.error) or SENTENCES["invalid_request"]


def error_response(error: str, description: str) -> Response:
    """Answer a program (RFC 6749 section 5.2); `invalid_client` is always a 401 with a challenge."""
    response = jsonify(error=error, error_description=description)
    response.status_code = 400
    if error == "invalid_client":
        response.status_code = 401
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response
