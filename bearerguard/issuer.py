"""An authorization server, by its name alone: everything else it says itself (RFC 8414)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from typing import TypedDict, Unpack

from bearerguard.checks import check_clocks
from bearerguard.clients import HttpClient
from bearerguard.clients.authentication import ClientAuthentication
from bearerguard.clients.discovery import OWNER, Discovery, Metadata
from bearerguard.clients.lifetime import Ages, Version
from bearerguard.errors import Unavailable
from bearerguard.flow import Flow
from bearerguard.keys.remote import RemoteKeys
from bearerguard.verifiers import Verifier
from bearerguard.verifiers._jwt_settings import RequiredClaims
from bearerguard.verifiers.by_issuer import ByIssuer
from bearerguard.verifiers.introspection import Introspection
from bearerguard.verifiers.jwt import JwtVerifier

logger = logging.getLogger("bearerguard")

# Where an answer does not say for how long it is good. Servers seldom move, and announce it.
DEFAULT_AGE_SECONDS = 3600.0


class KeySettings(TypedDict, total=False):
    """What `RemoteKeys` takes beside the URL."""

    min_age_seconds: float
    max_age_seconds: float
    max_stale_seconds: float
    cooldown_seconds: float
    timeout_seconds: float


class EitherSettings(TypedDict, total=False):
    """What `JwtVerifier` takes beside these and `require_audience`, which answers may be asked for too."""

    algorithms: Collection[str]
    typ: Collection[str]
    require_claims: RequiredClaims | None
    scopes_from: str | None
    subject_from: str | None


class JwtSettings(EitherSettings, total=False):
    """What `JwtVerifier` takes beside the issuer and its keys."""

    require_audience: bool


class IntrospectionSettings(TypedDict, total=False):
    """What `Introspection` takes beside the endpoint, the issuer and the client."""

    require_audience: bool
    require_token_type: bool
    scopes_from: str | None
    subject_from: str | None
    timeout_seconds: float
    max_in_flight: int


class Issuer:
    """An authorization server, by its issuer identifier: the name that its tokens have in `iss`.

    Where its keys and its introspection endpoint are it says itself, in its metadata (RFC 8414, else OpenID
    Connect Discovery 1.0), which is fetched when it is first needed. `metadata_url` is where that is, if
    not at one of the two usual places. It is good for as long as the answer says, within `min_age_seconds`
    and `max_age_seconds`, and through failures until it is `max_stale_seconds` old (0: not at all).

    `http` makes all calls to this issuer, by default an `HttpxClient()`; `timeout_seconds` bounds each of
    those for metadata. `allow_loopback_http` also holds for the endpoints that the metadata names.

    Raises ConfigurationError for everything that could not work.
    """

    def __init__(
        self,
        identifier: str,
        *,
        metadata_url: str | None = None,
        http: HttpClient | None = None,
        min_age_seconds: float = 60.0,
        max_age_seconds: float = 3600.0,
        max_stale_seconds: float = 86_400.0,
        timeout_seconds: float = 5.0,
        allow_loopback_http: bool = False,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_clocks(OWNER, now=now, monotonic=monotonic)
        self._http = _new_client() if http is None else http
        self._allow_loopback_http = allow_loopback_http
        self._now, self._monotonic = now, monotonic
        self._discovery = Discovery(
            identifier,
            metadata_url=metadata_url,
            http=self._http,
            ages=Ages(
                min_age_seconds=min_age_seconds,
                max_age_seconds=max_age_seconds,
                max_stale_seconds=max_stale_seconds,
                default_age_seconds=DEFAULT_AGE_SECONDS,
            ),
            timeout_seconds=timeout_seconds,
            allow_loopback_http=allow_loopback_http,
            monotonic=monotonic,
        )
        self.identifier = identifier

    def keys(self, **settings: Unpack[KeySettings]) -> RemoteKeys:
        """Give its keys, wherever its metadata says that they are; `settings` are those of `RemoteKeys`."""
        url = self._discovery.url_of("jwks_uri")
        return RemoteKeys(url, http=self._http, monotonic=self._monotonic, **settings)

    def jwt_verifier(self, **settings: Unpack[JwtSettings]) -> JwtVerifier:
        """Give who verifies its signed tokens; `settings` are those of `JwtVerifier`."""
        return JwtVerifier(
            issuer=self.identifier,
            keys=self.keys(),
            allow_loopback_http=self._allow_loopback_http,
            now=self._now,
            monotonic=self._monotonic,
            **settings,
        )

    def introspection(
        self, *, client: ClientAuthentication, **settings: Unpack[IntrospectionSettings]
    ) -> Introspection:
        """Give who asks it about tokens, as `client`; `settings` are those of `Introspection`."""
        return Introspection(
            self._discovery.url_of("introspection_endpoint"),
            client=client,
            http=self._http,
            issuer=self.identifier,
            now=self._now,
            monotonic=self._monotonic,
            **settings,
        )

    def verifier(
        self,
        *,
        client: ClientAuthentication | None = None,
        require_audience: bool | None = None,
        require_token_type: bool = False,
        **settings: Unpack[EitherSettings],
    ) -> Verifier:
        """Give who verifies its tokens of either kind; `settings` are those of `JwtVerifier`.

        Signed ones are verified by its keys; others it is asked about, where `client` says who we are.
        `require_audience` goes for both; None: a signed token must name one, an answer need not.
        `require_token_type` is asked of answers.
        """
        jwt = self.jwt_verifier(
            require_audience=True if require_audience is None else require_audience, **settings
        )
        if client is None:
            return jwt
        introspection = self.introspection(
            client=client,
            require_audience=False if require_audience is None else require_audience,
            require_token_type=require_token_type,
            scopes_from=settings.get("scopes_from"),
            subject_from=settings.get("subject_from"),
        )
        both = _Either(self, jwt=jwt, introspection=introspection)
        both.many = False  # one issuer's subjects, however its tokens are looked at
        return both

    def find_metadata(self) -> Flow[Metadata]:
        """Find what it says of itself. Raises Unavailable."""
        step = self._discovery.get()
        return (step if isinstance(step, Version) else (yield from step)).document


class _Either(ByIssuer):
    """Both kinds of tokens of one issuer, who need not publish any keys where it can be asked."""

    def __init__(self, issuer: Issuer, *, jwt: JwtVerifier, introspection: Introspection) -> None:
        super().__init__({issuer.identifier: jwt}, otherwise=introspection)
        self._issuer, self._introspection = issuer, introspection

    def warm_up(self) -> Flow[None]:
        try:
            metadata = yield from self._issuer.find_metadata()
        except Unavailable:
            return  # whoever fetches has logged it, and the first request will try again
        if "introspection_endpoint" in metadata.endpoints and not metadata.says("jwks_uri"):
            # Not an outage: it gives no signed tokens, and 503 to what only looks like one is right.
            logger.info("%s names no jwks_uri: it is asked about tokens, signed ones get 503", metadata.url)
            return (yield from self._introspection.warm_up())
        return (yield from super().warm_up())


def _new_client() -> HttpClient:
    from bearerguard.clients.httpx import HttpxClient  # not with the package: it brings ssl

    return HttpxClient()
