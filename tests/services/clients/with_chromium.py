"""Headless Chromium logs in and consents; an installed application gets the code, and uses what it gives."""

from __future__ import annotations

from collections.abc import Iterator

from tests.services.clients.browsing import agree
from tests.services.clients.listening import listening
from tests.services.clients.rows import Act, Scene
from tests.services.clients.with_authlib import VERIFIER
from tests.services.clients.with_requests_oauthlib import sender


def by_hand(scene: Scene) -> Iterator[Act]:
    """The code grant with a proof key, through the person's browser (RFC 8252 section 4.1)."""
    from authlib.integrations.requests_client import OAuth2Session

    application = scene.register("Desktop", installed=True, redirect_uris=[])
    with (
        listening() as listener,
        OAuth2Session(
            application.client_id,
            scope=scene.service.scope,
            redirect_uri=listener.redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
        ) as session,
    ):
        url, state = session.create_authorization_url(scene.authorize_url, code_verifier=VERIFIER)
        agree(scene.browser(), url)
        location = listener.location()
        session.fetch_token(
            scene.token_url, authorization_response=location, state=state, code_verifier=VERIFIER
        )
        yield scene.as_user(sender(session))
