"""What the server says of itself (RFC 8414): all that it can do, and nothing that it cannot."""

from __future__ import annotations

from typing import Any

from bearerguard.devserver.oauth.authenticating import METHODS, SECRET_METHODS
from bearerguard.devserver.parts import Parts

METADATA_PATH = "/.well-known/oauth-authorization-server"


def metadata(parts: Parts) -> dict[str, Any]:
    """Give the document; tokens are opaque, so that there are no keys in it."""
    issuer, implicit = parts.issuer, parts.settings.allow_implicit
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "scopes_supported": sorted(parts.settings.scopes),
        "response_types_supported": ["code", *(["token"] if implicit else [])],
        "response_modes_supported": ["query", *(["fragment"] if implicit else [])],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            *(["implicit"] if implicit else []),
        ],
        "code_challenge_methods_supported": ["S256", "plain"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": SECRET_METHODS,
    }
