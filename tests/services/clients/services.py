"""The three services as their clients know them."""

from __future__ import annotations

import json
import re

from tests.services.clients.rows import Request, Service

MUSICBRAINZ, ACCOUNTS, SPOTIFY = "MusicBrainz", "Accounts", "Spotify"


def _of_userinfo(body: str) -> str:
    said = json.loads(body)
    return str(said.get("error") or said["sub"])


def _of_account(body: str) -> str:
    """Name the user; an application's id differs each time."""
    said = json.loads(body)
    if "error" in said:
        return str(said["error"])
    holder = said["holder"]
    return "application" if holder["kind"] == "application" else f"user {holder['name']}"


def _of_object(body: str) -> str:
    said = json.loads(body)
    if "error" in said:
        return re.split("[:,]", said["error"]["message"])[0].rstrip(".")
    return str(said.get("name") or said["id"])


SERVICES = {
    MUSICBRAINZ: Service(
        MUSICBRAINZ,
        "profile",
        (Request("GET", "/oauth2/userinfo"),),
        (Request("GET", "/oauth2/userinfo"),),
        _of_userinfo,
    ),
    ACCOUNTS: Service(
        ACCOUNTS,
        "account:write",
        (Request("GET", "/v1/account"),),
        (
            Request("POST", "/v1/account", {"display_name": "Parcel robot"}),
            Request("GET", "/v1/account"),
        ),
        _of_account,
    ),
    SPOTIFY: Service(
        SPOTIFY,
        "user-read-private",
        (Request("GET", "/v1/me"),),
        (Request("GET", "/v1/artists/artist0000000000000002"), Request("GET", "/v1/me")),
        _of_object,
    ),
}
