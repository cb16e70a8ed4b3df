"""ResourceServer.for_issuer: a name is enough, and everything else can be said."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest

from bearerguard import Cached, ConfigurationError, JwtVerifier, ResourceServer
from bearerguard.issuer import EitherSettings
from bearerguard.settings import ServerSettings
from tests.clients.answering import answer
from tests.clients.publishing import FIRST, INTROSPECT, ISSUER, JWKS, metadata
from tests.issuing import CLIENT, OPAQUE, Api, Provider, token
from tests.signing import ED25519, OTHER_RSA, RSA, access_claims, encode, key_set, sign
from tests.support import BAD_TOKEN, RESOURCE, App, AsgiEdge, Clock, WsgiEdge, bearer

edges = pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=lambda edge: edge.name)
OTHER_ISSUER = "https://other.example.org"


@edges
def test_a_name_is_enough_for_signed_tokens(edge: Any) -> None:
    """Its metadata, its keys, and from then on nothing."""
    api = Api(edge)
    assert ((200, None), [FIRST, JWKS]) == (api.outcome(token()), api.http.urls)
    assert ("alice", ISSUER, {"tag", "rating"}) == (api.facts.subject, api.facts.issuer, api.facts.scopes)
    assert [(200, None)] * 2 == [api.outcome(token()), api.outcome(token(ED25519))]
    assert ([], "alice") == (api.http.urls, api.identity)


@edges
def test_with_a_client_others_are_asked_about(edge: Any) -> None:
    """Behind the same cache, and the same user is the same user by either kind of token."""
    api = Api(edge, client=CLIENT)
    assert [(200, None)] * 2 == [api.outcome(OPAQUE), api.outcome(OPAQUE)]
    assert ("alice", [FIRST, INTROSPECT]) == (api.identity, api.http.urls)
    assert ((200, None), [JWKS]) == (api.outcome(token()), api.http.urls)
    assert ("alice", ISSUER) == (api.identity, api.facts.issuer)
    assert (401, "invalid_token: unknown") == api.outcome("opaque-and-unknown")


def unsigned(text: str) -> str:
    """The same claims, signed by nobody."""
    head = encode(b'{"alg":"none","typ":"at+jwt"}')
    return f"{head}.{text.split('.')[1]}."


TOKENS = [
    ("opaque", "unknown"),
    (token(iss=OTHER_ISSUER), "wrong issuer"),
    (token(iss=f"{ISSUER}/"), "wrong issuer"),
    (unsigned(token()), "malformed"),
    (sign({"iss": ISSUER}, header={"typ": "JWT"}), "not an access token"),
    (token(exp=1), "expired"),
    (token(aud=[]), "no audience"),
]


@edges
@pytest.mark.parametrize(("text", "reason"), TOKENS, ids=[reason for _, reason in TOKENS])
def test_what_cannot_pass_costs_no_call(edge: Any, text: str, reason: str) -> None:
    """Not even for metadata."""
    api = Api(edge)
    assert ((401, f"invalid_token: {reason}"), []) == (api.outcome(text), api.http.urls)


@edges
@pytest.mark.parametrize(("text", "reason"), TOKENS[1:], ids=[reason for _, reason in TOKENS[1:]])
def test_with_a_client_signed_ones_are_not_asked_about(edge: Any, text: str, reason: str) -> None:
    """A stranger's token, and one in our issuer's name that is not its, is told to nobody."""
    api = Api(edge, client=CLIENT)
    assert ((401, f"invalid_token: {reason}"), []) == (api.outcome(text), api.http.urls)


@edges
def test_another_s_signature_is_refused(edge: Any) -> None:
    """With its key's name, and the keys there."""
    api = Api(edge)
    forged = sign(access_claims(iss=ISSUER), key=OTHER_RSA, header={"kid": RSA.kid})
    assert (401, "invalid_token: bad signature") == api.outcome(forged)


@edges
def test_a_key_that_is_withdrawn_stops_its_tokens(edge: Any) -> None:
    """Also those in the cache, at the next refresh."""
    api = Api(edge)
    assert (200, None) == api.outcome(token())
    api.http.pages[JWKS] = answer(key_set(ED25519))
    api.monotonic.move(600)
    assert (200, None) == api.outcome(token(ED25519))
    assert (401, "invalid_token: signed by an unknown key") == api.outcome(token())


@edges
def test_an_issuer_that_is_down_is_a_503(edge: Any) -> None:
    """And when it is back the same token passes."""
    api = Api(edge)
    api.http.pages[FIRST] = answer(b"", 503)
    reply = api.ask(token())
    assert (503, None, ["1"]) == (reply.status, reply.challenge, reply.all("retry-after"))
    api.http.pages[FIRST] = metadata()
    assert (200, None) == api.outcome(token())


@edges
def test_the_realm_is_the_resource_s_host_unless_it_is_said(edge: Any) -> None:
    """Every challenge has one."""
    challenge = f'error="invalid_token", error_description="{BAD_TOKEN}"'
    assert f'Bearer realm="api.example.org", {challenge}' == Api(edge).ask("x").challenge
    assert f'Bearer realm="mine", {challenge}' == Api(edge, realm="mine").ask("x").challenge
    with pytest.raises(ConfigurationError, match=r"^realm= must be"):
        Api(edge, realm="")


@pytest.mark.parametrize("resource", ["http://localhost:8000/x", "https://[::1]:8443"])
def test_the_realm_of_a_development_s_resource(resource: str) -> None:
    """A host as well, whatever its kind."""
    expected = "localhost" if "localhost" in resource else "::1"
    assert expected == ResourceServer.for_issuer(ISSUER, resource=resource).realm


@pytest.mark.parametrize("resource", [None, "api", "http://api.example.org", "https://[::1"])
def test_a_resource_that_is_none_is_a_mistake(resource: Any) -> None:
    """The same as without an issuer."""
    with pytest.raises(ConfigurationError, match=r"^resource= "):
        ResourceServer.for_issuer(ISSUER, resource=resource)


@edges
def test_plain_jwts_scopes_and_audiences_can_be_said(edge: Any) -> None:
    """As Entra ID and Keycloak issue them."""
    claims = access_claims(iss=ISSUER, aud="api://mine", scope=..., scp="read")
    plain = sign(claims, header={"typ": "JWT"})
    api = Api(edge, typ=("JWT",), scopes_from="scp", audiences=["api://mine"])
    assert ((200, None), {"read"}) == (api.outcome(plain), api.facts.scopes)
    assert (401, "invalid_token: not an access token") == Api(edge).outcome(plain)


@edges
def test_what_is_asked_of_signed_tokens_can_be_said(edge: Any) -> None:
    """Each parameter is there for something."""
    refused = "invalid_token: signed by an algorithm that is not accepted"
    assert (401, refused) == Api(edge, algorithms=("ES256",)).outcome(token())
    refused = "invalid_token: a claim is missing or has another value"
    assert (401, refused) == Api(edge, require_claims={"department": "music"}).outcome(token())
    plain = sign(access_claims(iss=ISSUER, aud=...), header={"typ": "JWT"})
    assert (401, "invalid_token: no audience") == Api(edge, typ=("JWT",)).outcome(plain)
    assert (200, None) == Api(edge, typ=("JWT",), require_audience=False).outcome(plain)


@edges
def test_by_its_name_alone_it_is_the_same(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock goes to all that is built: tokens of another year pass, and are remembered."""
    http = Provider()
    monkeypatch.setattr("bearerguard.issuer._new_client", lambda: http)
    heard: list[Any] = []
    now = Clock()
    guard = ResourceServer.for_issuer(ISSUER, resource=RESOURCE, now=now, on_decision=heard.append)
    guarded = edge.guard(App(), guard)
    assert [200, 200] == [edge.answer(guarded, headers=bearer(token())).status for _ in range(2)]
    assert ([False, True], [FIRST, JWKS]) == ([one.cached for one in heard], http.urls)
    cached = guard.verifier
    assert isinstance(cached, Cached)
    assert cached._now is now


@edges
def test_scopes_and_subjects_are_read_alike_from_answers(edge: Any) -> None:
    """One issuer calls them the same wherever it says them."""
    api = Api(edge, client=CLIENT, scopes_from="scp", subject_from="username")
    api.introspects({"active": True, "username": "bob", "scp": ["read"], "client_id": "app"})
    assert (200, None) == api.outcome(OPAQUE)
    assert ("bob", {"read"}) == (api.facts.subject, api.facts.scopes)


# What a server may say of a refresh token: of an access token it would say more.
TYPED = {"active": True, "client_id": "app", "token_type": "Bearer"}
NAMED = {"active": True, "client_id": "app", "aud": RESOURCE}


@edges
@pytest.mark.parametrize(
    ("settings", "said", "outcome"),
    [
        ({}, TYPED, (200, None)),
        ({}, NAMED, (200, None)),
        ({"require_audience": True}, TYPED, (401, "invalid_token: no audience")),
        ({"require_audience": True}, NAMED, (200, None)),
        ({"require_audience": False, "typ": ("JWT",)}, TYPED, (200, None)),
        ({"require_token_type": True}, TYPED, (200, None)),
        ({"require_token_type": True}, NAMED, (401, "invalid_token: not an access token")),
    ],
)
def test_what_an_answer_has_to_say_can_be_said(edge: Any, settings: Any, said: Any, outcome: Any) -> None:
    """A server that calls refresh tokens active leaves something out about them."""
    api = Api(edge, client=CLIENT, **settings)
    api.introspects(said)
    assert outcome == api.outcome(OPAQUE)


@edges
@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ({}, (401, "invalid_token: no audience")),
        ({"require_audience": True}, (401, "invalid_token: no audience")),
        ({"require_audience": False}, (200, None)),
        ({"require_token_type": True, "require_audience": False}, (200, None)),
    ],
)
def test_a_signed_token_has_to_name_its_audience_unless_that_is_said(
    edge: Any, settings: Any, outcome: Any
) -> None:
    """Also where a client is given; a `token_type` is asked of answers alone."""
    plain = sign(access_claims(iss=ISSUER, aud=...), header={"typ": "JWT"})
    assert outcome == Api(edge, client=CLIENT, typ=("JWT",), **settings).outcome(plain)


@pytest.mark.parametrize("name", ["require_audience", "require_token_type"])
def test_what_is_required_is_true_or_false(name: str) -> None:
    """Whatever looks like it is a mistake."""
    owner = "JwtVerifier" if name == "require_audience" else "Introspection"
    with pytest.raises(ConfigurationError) as caught:
        ResourceServer.for_issuer(ISSUER, resource=RESOURCE, client=CLIENT, **{name: "yes"})  # type: ignore[arg-type]
    assert f"{owner}({name}=...) must be True or False" == str(caught.value)


@edges
def test_an_answer_about_another_issuer_s_token_is_a_refusal(edge: Any) -> None:
    """The issuer's name is compared there as well."""
    api = Api(edge, client=CLIENT)
    api.introspects({"active": True, "sub": "bob", "iss": OTHER_ISSUER})
    assert (401, "invalid_token: wrong issuer") == api.outcome(OPAQUE)


def test_the_defaults_are_those_of_what_is_built() -> None:
    """Whoever writes them out gets the same."""
    signature = inspect.signature(ResourceServer.for_issuer).parameters
    for name, parameter in inspect.signature(JwtVerifier).parameters.items():
        if name in get_type_hints(EitherSettings):
            assert parameter.default == signature[name].default
    assert (None, False) == tuple(signature[f"require_{name}"].default for name in ("audience", "token_type"))
    taken = {"resource", "realm", "verifier"}
    assert set(inspect.signature(ResourceServer).parameters) - taken == set(get_type_hints(ServerSettings))


def test_a_setting_that_nobody_takes_is_a_mistake() -> None:
    """A typing error is found at start."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'audience'"):
        ResourceServer.for_issuer(ISSUER, resource=RESOURCE, audience="x")  # type: ignore[call-arg]


@edges
def test_the_clock_is_everybody_s(edge: Any) -> None:
    """A token that expires stops, though it is in the cache."""
    api = Api(edge)
    text = token()
    assert (200, None) == api.outcome(text)
    api.now.move(3600)
    assert (401, "invalid_token: expired") == api.outcome(text)


def test_a_subclass_stays_one() -> None:
    """Whoever adds to the class."""

    class Mine(ResourceServer):
        pass

    assert isinstance(Mine.for_issuer(ISSUER, resource=RESOURCE), Mine)
