"""Verify a token by asking the authorization server that issued it (RFC 7662)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from bearerguard.checks import check_clocks
from bearerguard.clients import HttpClient, UrlSource
from bearerguard.clients.authentication import ClientAuthentication
from bearerguard.clients.endpoint import Endpoint
from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.flow import Flow, is_async, takes
from bearerguard.outage import Seldom
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._introspection_answer import AnswerReader

logger = logging.getLogger("bearerguard")

MAX_IN_FLIGHT = 64  # more would only wait in line at the server, and each of them holds a request of ours

_FIELDS = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


class Introspection(Verifier):
    """Tokens about which an authorization server is asked (RFC 7662).

    `endpoint` is its introspection endpoint; `client` says who we are to it: `ClientSecretBasic`,
    `ClientSecretPost` or `ClientBearerToken`. `http` makes the calls, by default an `HttpxClient()`.
    `timeout_seconds` bounds a call from the look-up of the name to the last byte, a second try
    included; `max_in_flight` is how many there are at once: the others get 503.

    An `iss` other than `issuer` is refused, a missing `aud` with `require_audience=True`, a missing
    `token_type` with `require_token_type=True`. `scopes_from` names the member that holds the scopes,
    a string or a list; by default that is `scope`, a string. `subject_from` names the one that says
    whom the token speaks for, where a server gives no `sub` but a `username`.

    Raises ConfigurationError for everything that could not work. Does not: cache (wrap it in
    `Cached`), or compare audiences and times, which the resource server does on every request.
    """

    def __init__(
        self,
        endpoint: str | UrlSource,
        *,
        client: ClientAuthentication,
        http: HttpClient | None = None,
        issuer: str | None = None,
        require_audience: bool = False,
        require_token_type: bool = False,
        scopes_from: str | None = None,
        subject_from: str | None = None,
        timeout_seconds: float = 2.0,
        max_in_flight: int = MAX_IN_FLIGHT,
        allow_loopback_http: bool = False,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_clocks("Introspection", now=now, monotonic=monotonic)
        self._client, self._seldom = _check_client(client), Seldom(monotonic)
        self._endpoint = Endpoint(
            endpoint,
            owner="Introspection",
            what="the introspection endpoint",
            http=_new_client() if http is None else http,
            timeout_seconds=timeout_seconds,
            max_in_flight=max_in_flight,
            allow_loopback_http=allow_loopback_http,
            monotonic=monotonic,
        )
        self.name = f"introspection:{self._endpoint.host}"
        self._reader = AnswerReader(
            name=self.name,
            issuer=issuer,
            require_audience=require_audience,
            require_token_type=require_token_type,
            scopes_from=scopes_from,
            subject_from=subject_from,
            now=now,
            seldom=self._seldom,
        )

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        self._endpoint.check()
        return ASK

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        fields = dict(_FIELDS)
        form = {"token": credentials.token.decode("ascii"), "token_type_hint": "access_token"}
        try:
            self._client.authenticate(fields, form)
        except Unavailable as error:
            if self._seldom.is_news(error.what):
                logger.error("%s cannot ask, requests that need it get 503: %s", self.name, error.what)
            raise
        content = urlencode(form).encode("ascii")
        answer = self._endpoint.ask(self._reader.read, method="POST", fields=fields, content=content)
        return (yield from answer)

    def rename(self, name: str) -> None:
        self.name = name
        self._reader = replace(self._reader, name=name)

    def warm_up(self) -> Flow[None]:
        return (yield from self._endpoint.warm_up())

    def close(self) -> Flow[None]:
        return (yield from self._endpoint.close())


def _new_client() -> HttpClient:
    from bearerguard.clients.httpx import HttpxClient  # not with the package: it brings ssl

    return HttpxClient()


def _check_client(client: ClientAuthentication) -> ClientAuthentication:
    authenticate = getattr(client, "authenticate", None)
    if (
        isinstance(client, type)
        or not callable(authenticate)
        or not takes(authenticate, 2)
        or is_async(authenticate)
    ):
        raise ConfigurationError(
            'Introspection(client=...) must say who we are, as ClientSecretBasic("api", secret) does'
        )
    return client
