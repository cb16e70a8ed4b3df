"""An authorization server by its name: its keys and endpoints are where it says, whenever they are needed."""

from __future__ import annotations

import inspect
import logging
from typing import Any, get_type_hints

import pytest

from bearerguard import ClientSecretBasic, ConfigurationError, Introspection, Issuer, JwtVerifier, Unavailable
from bearerguard.breaker import Unreachable
from bearerguard.flow import run
from bearerguard.issuer import IntrospectionSettings, JwtSettings, KeySettings
from bearerguard.keys.remote import RemoteKeys
from tests.clients.answering import answer, in_both_colours
from tests.clients.publishing import FIRST, INTROSPECT, ISSUER, JWKS, metadata
from tests.issuing import CLIENT, OPAQUE, Api, Provider, token
from tests.signing import ED25519, RSA, key_set
from tests.support import AsgiEdge, Clock, WsgiEdge, credentials

NEW_JWKS = "https://keys.example.net/new.json"
NEW_INTROSPECT = "https://as2.example.org/introspect"
GIVEN = {"keys", "url", "endpoint", "issuer", "client", "http", "allow_loopback_http", "now", "monotonic"}

edges = pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=lambda edge: edge.name)


@pytest.mark.parametrize(
    ("settings", "built"),
    [(KeySettings, RemoteKeys), (JwtSettings, JwtVerifier), (IntrospectionSettings, Introspection)],
)
def test_every_setting_can_be_reached(settings: Any, built: Any) -> None:
    """Those that the issuer gives itself are not settings."""
    assert set(inspect.signature(built).parameters) - GIVEN == set(get_type_hints(settings))


class Made:
    """An issuer over a client that makes no call."""

    def __init__(self, finish: Any = run, **settings: Any) -> None:
        self.http = Provider()
        self.clock = Clock(500.0)
        self.finish = finish
        clocks = {"now": Clock(), "monotonic": self.clock}
        self.issuer = Issuer(ISSUER, http=self.http, **clocks, **settings)

    def kids(self, keys: RemoteKeys, kid: str = RSA.kid, algorithm: str = "RS256") -> Any:
        try:
            step: Any = keys.find(kid, algorithm)
            return [key.kid for key in (step if isinstance(step, tuple) else self.finish(step))]
        except Unavailable as error:
            return error.what


def test_building_asks_nobody() -> None:
    """No network at construction, of whatever is built from it."""
    made = Made()
    made.issuer.keys()
    made.issuer.jwt_verifier()
    made.issuer.introspection(client=CLIENT)
    made.issuer.verifier(client=CLIENT)
    assert [] == made.http.asked


@in_both_colours
def test_its_keys_are_where_its_metadata_says(finish: Any) -> None:
    """Both are fetched when a key is first needed, and kept."""
    made = Made(finish)
    keys = made.issuer.keys()
    assert ([[RSA.kid]] * 2, [FIRST, JWKS]) == ([made.kids(keys), made.kids(keys)], made.http.urls)


@in_both_colours
def test_warmed_up_nothing_is_left_to_wait_for(finish: Any) -> None:
    """The metadata and the keys; of a server that is only asked about tokens, the metadata."""
    made = Made(finish)
    verifier = made.issuer.verifier(client=CLIENT)
    finish(verifier.warm_up())
    assert [FIRST, JWKS] == made.http.urls
    finish(verifier.verify(credentials(token())))
    assert [] == made.http.urls
    finish(verifier.verify(credentials(OPAQUE)))
    assert [INTROSPECT] == made.http.urls


@in_both_colours
def test_a_warm_up_that_fails_is_no_failure(finish: Any) -> None:
    """It is logged, and the first request tries again."""
    made = Made(finish)
    made.http.pages[FIRST] = Unreachable("no answer")
    verifier = made.issuer.verifier(client=CLIENT)
    finish(verifier.warm_up())
    made.http.pages[FIRST] = metadata()
    assert "alice" == finish(verifier.verify(credentials(token()))).subject


def test_keys_are_fetched_from_where_newer_metadata_says(caplog: pytest.LogCaptureFixture) -> None:
    """When the time has come for both."""
    made = Made()
    keys = made.issuer.keys()
    made.kids(keys)
    made.http.pages |= {FIRST: metadata(jwks_uri=NEW_JWKS), NEW_JWKS: answer(key_set(ED25519))}
    made.clock.move(3600)
    assert ([], [ED25519.kid]) == (made.kids(keys), made.kids(keys, ED25519.kid, "Ed25519"))
    assert NEW_JWKS in made.http.urls


def test_where_keys_are_gone_the_metadata_is_looked_at_anew() -> None:
    """A failure of the endpoint is reason enough: nobody waits for an hour."""
    made = Made()
    keys = made.issuer.keys()
    made.kids(keys)
    made.http.pages = {FIRST: metadata(jwks_uri=NEW_JWKS), NEW_JWKS: answer(key_set(ED25519))}
    made.clock.move(600)
    assert [RSA.kid] == made.kids(keys)  # the last good ones
    run(keys.close())
    assert [FIRST, JWKS, JWKS, FIRST] == made.http.urls
    made.clock.move(30)
    made.kids(keys)
    run(keys.close())
    assert ([ED25519.kid], [NEW_JWKS]) == (made.kids(keys, ED25519.kid, "Ed25519"), made.http.urls)


@in_both_colours
def test_an_issuer_that_is_only_asked_is_no_outage(finish: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Its tokens are opaque, so it names no keys (RFC 8414 section 2); it can be asked all the same."""
    caplog.set_level(logging.INFO, logger="bearerguard")
    made = Made(finish)
    made.http.pages[FIRST] = metadata(jwks_uri=...)
    verifier = made.issuer.verifier(client=CLIENT)
    finish(verifier.warm_up())
    assert [FIRST] == made.http.urls
    finish(verifier.verify(credentials(OPAQUE)))
    assert [INTROSPECT] == made.http.urls
    said = f"{FIRST} names no jwks_uri: it is asked about tokens, signed ones get 503"
    assert [("INFO", said)] == [(record.levelname, record.getMessage()) for record in caplog.records]


@pytest.mark.parametrize("members", [{"introspection_endpoint": ...}, {"jwks_uri": "http://as.example.org/"}])
def test_an_issuer_that_cannot_be_asked_either_is_an_outage(
    members: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """As is one whose keys it names wrongly: it means to give signed tokens."""
    made = Made()
    made.http.pages[FIRST] = metadata(**{"jwks_uri": ..., **members})
    run(made.issuer.verifier(client=CLIENT).warm_up())
    assert "ERROR" in {record.levelname for record in caplog.records}


@edges
def test_an_issuer_without_keys_is_said_to_have_none(edge: Any, caplog: pytest.LogCaptureFixture) -> None:
    """503 for signed tokens, others are asked about; the log says what is missing."""
    api = Api(edge, client=CLIENT)
    api.http.pages[FIRST] = metadata(jwks_uri=...)
    assert (503, "the metadata names no jwks_uri") == api.outcome(token())
    assert (200, None) == api.outcome(OPAQUE)
    said = "the jwks_uri of as.example.org/tenant is unavailable, requests that need it get 503: "
    assert f"{said}the metadata names no jwks_uri" in caplog.text


@edges
def test_an_issuer_that_answers_no_questions_is_said_not_to(edge: Any) -> None:
    """503 for opaque tokens, and signed ones pass."""
    api = Api(edge, client=CLIENT)
    api.http.pages[FIRST] = metadata(introspection_endpoint=...)
    assert (200, None) == api.outcome(token())
    assert (503, "the metadata names no introspection_endpoint") == api.outcome(OPAQUE)


@edges
def test_tokens_are_asked_about_where_newer_metadata_says(edge: Any) -> None:
    """Secrets go nowhere else from then on."""
    api = Api(edge, client=CLIENT)
    assert (200, None) == api.outcome(OPAQUE)
    api.http.pages[FIRST] = metadata(introspection_endpoint=NEW_INTROSPECT)
    api.move(3600)
    assert (200, None) == api.outcome(f"{OPAQUE}-too")
    assert [FIRST, INTROSPECT, FIRST, NEW_INTROSPECT] == api.http.urls


def test_what_it_gives_says_whose_it_is() -> None:
    """In decisions and in the log: the issuer, to its last path segment."""
    issuer = Made().issuer
    assert "jwt:as.example.org/tenant" == issuer.jwt_verifier().name
    assert "introspection:as.example.org/tenant" == issuer.introspection(client=CLIENT).name


def test_settings_reach_what_they_are_for() -> None:
    """A wrong one is its own mistake."""
    issuer = Made().issuer
    with pytest.raises(ConfigurationError, match=r"^RemoteKeys\(cooldown_seconds=\.\.\.\)"):
        issuer.keys(cooldown_seconds=0)
    with pytest.raises(ConfigurationError, match=r"^JwtVerifier\(algorithms=\.\.\.\) holds 'none'"):
        issuer.jwt_verifier(algorithms=("none",))
    with pytest.raises(ConfigurationError, match=r"^Introspection\(max_in_flight=\.\.\.\)"):
        issuer.introspection(client=CLIENT, max_in_flight=0)
    with pytest.raises(ConfigurationError, match=r"^Introspection\(client=\.\.\.\)"):
        issuer.verifier(client="secret")  # type: ignore[arg-type]


def test_on_this_machine_http_goes_for_all_of_it() -> None:
    """The issuer's name is checked by each of its parts."""
    issuer = Issuer("http://localhost:8080/x", http=Provider(), allow_loopback_http=True)
    assert "jwt:localhost:8080/x" == issuer.jwt_verifier().name
    assert "by issuer" == issuer.verifier(client=CLIENT).name


def test_the_log_is_kept_quiet_by_its_clock(caplog: pytest.LogCaptureFixture) -> None:
    """One line in ten seconds about scopes that nobody understands."""
    made = Made()
    verifier = made.issuer.jwt_verifier()
    for jti in range(3):
        run(verifier.verify(credentials(token(scope=5, jti=str(jti)))))
        made.clock.move(5)
    assert 2 == sum("gives scopes in a form" in record.getMessage() for record in caplog.records)


@in_both_colours
def test_all_calls_are_made_by_its_client(finish: Any) -> None:
    """Which is closed with whatever uses it."""
    made = Made(finish)
    verifier = made.issuer.verifier(client=CLIENT)
    finish(verifier.close())
    assert {"close" if finish is run else "aclose"} == set(made.http.called)


HTTPS = (
    'Issuer: the issuer must be an https URL, such as "https://as.example.org/tenant"; '
    "Issuer(..., allow_loopback_http=True) excuses http to this machine, for development"
)
NO_NAME = 'Issuer needs the issuer\'s name, as tokens have it in iss, such as "https://as.example.org/tenant"'
METADATA = (
    "Issuer: the issuer has /.well-known/ in it: that is where the metadata is; give the issuer's name, "
    'such as "https://as.example.org/tenant"'
)
NOT_PLAIN = (
    "Issuer: the issuer must be plain ASCII, without spaces, a query or a fragment, "
    'such as "https://as.example.org/tenant"'
)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (None, NO_NAME),
        (f"{ISSUER}/.well-known/openid-configuration", METADATA),
        ("https://as.example.org/.well-known/oauth-authorization-server/tenant", METADATA),
        (5, NO_NAME),
        ("", HTTPS),
        ("as.example.org", HTTPS),
        ("http://as.example.org", HTTPS),
        ("http://localhost:8080", HTTPS),
        ("https://", HTTPS),
        ("https://as.example.org?x=y", NOT_PLAIN),
        ("https://as.example.org#x", NOT_PLAIN),
        ("https://as.example.org/ä", NOT_PLAIN),
        ("https://as.example.org/ x", NOT_PLAIN),
        (
            "https://user:secret@as.example.org",
            "Issuer: no user and password in the URL; metadata is for everybody",
        ),
        (
            "https://as.example.org\\x",
            "Issuer: the URL's host must be a name or an address, with a port or not",
        ),
    ],
)
def test_a_name_that_cannot_be_an_issuer_s_is_a_mistake(identifier: Any, expected: str) -> None:
    """RFC 8414 section 2: https, no query, no fragment."""
    with pytest.raises(ConfigurationError) as caught:
        Issuer(identifier)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"metadata_url": 5}, 'Issuer needs a URL, such as "https://as.example.org"'),
        (
            {"metadata_url": "http://as.example.org/x"},
            "Issuer believes what is said at this URL, so it must be https; "
            "Issuer(..., allow_loopback_http=True) excuses http to this machine, for development",
        ),
        (
            {"timeout_seconds": 0},
            "Issuer(timeout_seconds=...) must be a finite number of seconds, more than 0",
        ),
        (
            {"min_age_seconds": 0},
            "Issuer(min_age_seconds=...) must be a finite number of seconds, more than 0",
        ),
        (
            {"max_age_seconds": float("inf")},
            "Issuer(max_age_seconds=...) must be a finite number of seconds, more than 0",
        ),
        (
            {"max_stale_seconds": -1},
            "Issuer(max_stale_seconds=...) must be a finite number of seconds, more than 0",
        ),
        (
            {"min_age_seconds": 61, "max_age_seconds": 60},
            "Issuer(min_age_seconds=...) must not be more than max_age_seconds",
        ),
        ({"allow_loopback_http": 1}, "Issuer(allow_loopback_http=...) must be True or False"),
        (
            {"now": 5},
            "Issuer(now=...) must be a function without arguments that gives seconds",
        ),
        (
            {"http": ClientSecretBasic("a", "b")},
            "Issuer(http=...) must be a client such as HttpxClient(ca_file=...): "
            "ClientSecretBasic has no def send()",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_a_mistake(settings: Any, expected: str) -> None:
    """Found while building, and named."""
    with pytest.raises(ConfigurationError) as caught:
        Issuer(ISSUER, **settings)
    assert expected == str(caught.value)
