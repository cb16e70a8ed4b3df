"""What the server says of itself (RFC 8414)."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import ISSUER, Workshop

PATH = "/.well-known/oauth-authorization-server"
SECRETS = ["client_secret_basic", "client_secret_post"]


def test_all_that_the_server_can_do_is_said_and_nothing_else(workshop: Workshop) -> None:
    """RFC 8414 section 2."""
    assert {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/oauth2/authorize",
        "token_endpoint": f"{ISSUER}/oauth2/token",
        "revocation_endpoint": f"{ISSUER}/oauth2/revoke",
        "introspection_endpoint": f"{ISSUER}/oauth2/introspect",
        "userinfo_endpoint": f"{ISSUER}/oauth2/userinfo",
        "scopes_supported": [
            "collection",
            "email",
            "profile",
            "rating",
            "submit_barcode",
            "submit_isrc",
            "tag",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "token_endpoint_auth_methods_supported": [*SECRETS, "none"],
        "revocation_endpoint_auth_methods_supported": [*SECRETS, "none"],
        "introspection_endpoint_auth_methods_supported": SECRETS,
    } == workshop.client().get(PATH).json


def test_the_implicit_grant_is_named_where_it_is_allowed(make_workshop: MakeWorkshop) -> None:
    """And only there."""
    said = make_workshop(allow_implicit=True).client().get(PATH).json
    assert ["code", "token"] == said["response_types_supported"]
    assert ["query", "fragment"] == said["response_modes_supported"]
    assert "implicit" in said["grant_types_supported"]


def test_every_endpoint_that_is_named_is_there(workshop: Workshop) -> None:
    """None is a 404, whatever else it says."""
    named = {
        name: url for name, url in workshop.client().get(PATH).json.items() if name.endswith("_endpoint")
    }
    del named["authorization_endpoint"]  # a page
    statuses = [workshop.client().post(urlsplit(url).path).status_code for url in named.values()]
    assert {400, 401} == set(statuses)
    assert 4 == len(statuses)
