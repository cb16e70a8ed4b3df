"""A development authorization server without a network: its parts, its application, and what is in it."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bearerguard.devserver.application import create_app
from bearerguard.devserver.oauth.asked import hand_over
from bearerguard.devserver.oauth.server import server_of
from bearerguard.devserver.parts import open_parts
from bearerguard.devserver.records import CONFIDENTIAL, PUBLIC, Application, Kind
from bearerguard.devserver.registering import add_user, register
from bearerguard.devserver.settings import Settings
from bearerguard.stores import TokenRecord, digest_of
from tests.support import Clock

ISSUER = "https://localhost"
CALLBACK = "https://client.example.org/callback"
ALICE, PASSWORD = "alice", "correct horse"
VERIFIER = "a-verifier-of-forty-three-characters-or-so-1"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
MEMORY = Path("/dev/shm")  # a folder in memory, where there is one


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder for the file of a server; on a disk each of the many small changes would wait for it."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Registered:
    """An application and its secret."""

    application: Application
    secret: str | None

    @property
    def client_id(self) -> str:
        return self.application.client_id

    @property
    def basic(self) -> dict[str, str]:
        """The field by which it says who it is."""
        return basic(self.client_id, self.secret or "")


class Workshop:
    """A server on a file of its own, with a clock that is moved, one user and applications of every kind."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.path = path
        self.clock = Clock()
        self.parts = open_parts(path, issuer=ISSUER, settings=Settings(**settings), clock=self.clock)
        self.app = create_app(self.parts)
        self.app.config["PREFERRED_URL_SCHEME"] = "https"  # what a test client asks by
        self.alice = add_user(self.parts, ALICE, PASSWORD, email="alice@example.org")
        self.confidential = self.register("Confidential")
        self.other = self.register("Other")
        self.public = self.register("Public", kind=PUBLIC)
        self.installed = self.register("Installed", kind=PUBLIC, installed=True, redirect_uris=())

    def register(
        self,
        name: str = "Picard",
        *,
        kind: Kind = CONFIDENTIAL,
        installed: bool = False,
        redirect_uris: Iterable[str] = (CALLBACK,),
        scopes: Iterable[str] | None = None,
    ) -> Registered:
        """Register an application."""
        return Registered(
            *register(
                self.parts,
                name=name,
                kind=kind,
                installed=installed,
                redirect_uris=redirect_uris,
                scopes=scopes,
            )
        )

    def client(self) -> FlaskClient:
        """A client over https, with cookies of its own."""
        return self.app.test_client()

    def post(
        self, path: str, form: Mapping[str, Any], *, by: Registered | None = None, **more: Any
    ) -> TestResponse:
        """Post a form to an endpoint, as an application that authenticates with Basic."""
        headers = dict(more.pop("headers", {})) | (by.basic if by is not None else {})
        return self.client().post(path, data=form, headers=headers, **more)

    def allow(
        self, by: Registered, *, scope: str = "profile tag", offline: bool = True, **parameters: str
    ) -> dict[str, str]:
        """Let the user allow what an application asks for; gives what comes back in the redirect."""
        asked = {"response_type": "code", "client_id": by.client_id, "scope": scope, **parameters}
        server = server_of(self.app)
        with self.app.test_request_context("/oauth2/authorize", base_url=ISSUER):
            hand_over(asked, offline=offline)
            grant = server.get_consent_grant(end_user=self.alice)
            response = server.create_authorization_response(grant_user=self.alice, grant=grant)
        location = urlsplit(response.headers["Location"])
        values = parse_qs(location.query or location.fragment, strict_parsing=True)
        return {name: value for name, (value,) in values.items()}

    def code(self, by: Registered, **how: Any) -> str:
        """Get a code; a public application sends a challenge."""
        challenge = {} if by.application.is_confidential else S256
        return self.allow(by, **(challenge | how))["code"]

    def exchange(self, by: Registered, code: str, **form: Any) -> TestResponse:
        """Give a code for tokens."""
        asked = {"grant_type": "authorization_code", "code": code, **form}
        if by.application.is_confidential:
            return self.post("/oauth2/token", asked, by=by)
        return self.post("/oauth2/token", {"client_id": by.client_id, "code_verifier": VERIFIER, **asked})

    def tokens(self, by: Registered, **how: Any) -> dict[str, Any]:
        """Get tokens for the user."""
        response = self.exchange(by, self.code(by, **how))
        assert 200 == response.status_code, response.text
        return dict(response.json)

    def record(self, token: str) -> TokenRecord:
        """What the store has of an access token."""
        found = self.parts.store.find(digest_of(token))
        assert found is not None
        return found

    def is_live(self, token: str) -> bool:
        """Whether a guard would take an access token now."""
        record = self.record(token)
        return record.revoked_at is None and self.clock() < (record.expires_at or 1e11)


def basic(client_id: str, secret: str) -> dict[str, str]:
    """client_secret_basic (RFC 6749 section 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def error(response: TestResponse) -> tuple[int, str, str | None]:
    """An error's status, code and description."""
    return response.status_code, response.json["error"], response.json.get("error_description")
