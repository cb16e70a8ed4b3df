"""Find out what an authorization server says of itself (RFC 8414, OpenID Connect Discovery 1.0)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

from bearerguard.clients import HttpClient, HttpResponse, UrlSource
from bearerguard.clients._metadata import MEDIA_TYPE, MEMBERS, AnotherIssuer, Member, Metadata, read_metadata
from bearerguard.clients.document import Document
from bearerguard.clients.endpoint import Endpoint
from bearerguard.clients.lifetime import Ages, Fetched, Version
from bearerguard.errors import Unavailable
from bearerguard.flow import Flow, Step
from bearerguard.outage import Outage
from bearerguard.urls import METADATA, check_issuer
from bearerguard.wire.cache_control import find_fresh_seconds

__all__ = ["MEMBERS", "AnotherIssuer", "Discovery", "Metadata", "well_known_urls"]

logger = logging.getLogger("bearerguard")

OWNER = "Issuer"
MAX_IN_FLIGHT = 64  # one for each event loop of this process, and one for all of its threads

# After a failure, while the last good metadata serves on: one call in so long is nothing to anybody.
PAUSE_SECONDS = 30.0

# "Not now", which says nothing of whether there is something (RFC 9110 section 15.5.9, RFC 8470, RFC 6585).
# Any other 4xx says that there is nothing here for us: some servers answer 400, 401 or 403 to unknown paths.
NOT_NOW = frozenset({408, 425, 429})

_FIELDS = {"Accept": MEDIA_TYPE}


def well_known_urls(issuer: str) -> tuple[str, str]:
    """Give the places where metadata may be (RFC 8414 section 3.1, OpenID Connect Discovery 1.0 section 4.1).

    The name of the first stands before the issuer's path, that of the second behind it; a slash at the end
    of the path does not count.
    """
    scheme, _, rest = issuer.partition("://")
    authority, slash, path = rest.partition("/")
    origin, path = f"{scheme}://{authority}", f"{slash}{path}".removesuffix("/")
    return (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    )


class Discovery:
    """The metadata of one issuer, kept for a while; see `Issuer`, which takes each of these.

    The second place is looked at only where the first one answers that there is nothing; an outage is no
    such answer. From then on the metadata is fetched from where it was found, until that is over.
    """

    def __init__(
        self,
        issuer: str,
        *,
        metadata_url: str | None,
        http: HttpClient,
        ages: Ages,
        timeout_seconds: float,
        allow_loopback_http: bool,
        monotonic: Callable[[], float],
    ) -> None:
        self.issuer = check_issuer(OWNER, issuer, allow_loopback_http=allow_loopback_http)
        self.host = issuer.partition("://")[2].removesuffix("/")
        ages.check(OWNER)
        self._allow_loopback_http = allow_loopback_http
        # Each place keeps count of its own failures: that one of them answers says nothing of the other.
        self._places = {
            url: Endpoint(
                url,
                owner=OWNER,
                what="the metadata",
                http=http,
                timeout_seconds=timeout_seconds,
                max_in_flight=MAX_IN_FLIGHT,
                allow_loopback_http=allow_loopback_http,
                monotonic=monotonic,
                purpose=METADATA,
                host=self.host,
            )
            for url in (well_known_urls(issuer) if metadata_url is None else (metadata_url,))
        }
        self._monotonic = monotonic
        self._document = self._new_document(ages, timeout_seconds)
        self.get, self.doubt, self.settle = self._document.get, self._document.doubt, self._document.settle

    def url_of(self, member: Member) -> UrlSource:
        """Give what finds this endpoint, now and whenever it is asked."""
        return _DiscoveredUrl(self, member, self._monotonic)

    def _new_document(self, ages: Ages, timeout_seconds: float) -> Document[Metadata]:
        return Document(
            self._fetch,
            what=f"metadata of {self.host}",
            ages=ages,
            pause_seconds=PAUSE_SECONDS,
            timeout_seconds=timeout_seconds,
            monotonic=self._monotonic,
            changed=self._tell_change,
        )

    def _fetch(self, last: Metadata | None) -> Flow[Fetched[Metadata]]:
        places = [*self._places] if last is None else [last.url]
        self._places[places[-1]].check()  # else the first would be asked for nothing while that is left alone
        return (yield from self._search(places))

    def _search(self, places: Sequence[str]) -> Flow[Fetched[Metadata]]:
        url, *others = places
        read = partial(self._read, url, is_last=not others)
        fetched = yield from self._places[url].ask(read, method="GET", fields=_FIELDS)
        return (yield from self._search(others)) if fetched is None else fetched

    def _read(self, url: str, response: HttpResponse, *, is_last: bool) -> Fetched[Metadata] | None:
        """Read an answer; None says that there is nothing here, where there is another place."""
        if not is_last and 400 <= response.status < 500 and response.status not in NOT_NOW:
            return None
        metadata = read_metadata(
            response, issuer=self.issuer, url=url, allow_loopback_http=self._allow_loopback_http
        )
        return metadata, find_fresh_seconds(response.fields)

    def _tell_change(self, old: Metadata, new: Metadata) -> None:
        for member in MEMBERS:
            if old.endpoints.get(member) != new.endpoints.get(member):
                logger.warning("the metadata of %s names another %s than before", self.host, member)


class _DiscoveredUrl(UrlSource):
    """One endpoint that the metadata names, wherever that is at the moment."""

    def __init__(self, discovery: Discovery, member: Member, monotonic: Callable[[], float]) -> None:
        self.host = discovery.host
        self._discovery, self._member = discovery, member
        self._outage = Outage(f"the {member} of {self.host}", monotonic=monotonic)

    def find(self) -> Step[str]:
        step = self._discovery.get()
        return self._pick(step) if isinstance(step, Version) else self._find(step)

    def doubt(self) -> None:
        self._discovery.doubt()

    def close(self) -> Flow[None]:
        return (yield from self._discovery.settle())

    def _find(self, waiting: Flow[Version[Metadata]]) -> Flow[str]:
        return self._pick((yield from waiting))

    def _pick(self, version: Version[Metadata]) -> str:
        with self._outage.watch():
            url = version.document.endpoints.get(self._member)
            if url is None:
                self.doubt()
                missing = f"the metadata names no {self._member}"
                raise Unavailable(version.document.failures.get(self._member, missing))
            return url
