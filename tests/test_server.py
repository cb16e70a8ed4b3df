"""The procedure, at either edge: three answers, never two (RFC 6750 sections 2 and 3)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Bearer,
    Cached,
    ConfigurationError,
    FirstMatch,
    FromFunction,
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
    Reason,
    Refusal,
    Unavailable,
    any_of,
)
from bearerguard.adapters import authorize
from bearerguard.credentials import Credentials
from bearerguard.flow import Flow, call
from bearerguard.request import ResourceRequest
from bearerguard.schemes import Scheme
from bearerguard.scopes import requirement
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    BAD_TOKEN,
    BAD_TOKEN_CHALLENGE,
    BARE,
    FORM,
    RESOURCE,
    START,
    TWO_WAYS,
    App,
    AsgiEdge,
    AsyncStore,
    BrokenStore,
    Clock,
    ThreadedStore,
    WsgiEdge,
    asgi_scope,
    bad_request,
    bearer,
    drive_asgi,
    known,
    local,
    reply_of,
    server,
    stored,
)

Edge = AsgiEdge | WsgiEdge


def brief(edge: Edge, facts: AccessToken, **settings: Any) -> tuple[int, str | None]:
    """What becomes of a request whose token says this."""
    guarded = edge.guard(App(), server(FromFunction(known(good=facts)), **settings))
    return edge.answer(guarded, headers=bearer("good")).brief


def test_a_good_token_passes_and_what_it_says_is_attached(edge: Edge) -> None:
    """Subject, client and scopes."""
    store, app = MemoryTokenStore(), App()
    token = stored(store, scopes=("tag",))
    reply = edge.answer(edge.guard(app, local(store)), headers=bearer(token))
    assert (200, b"welcome") == (reply.status, reply.body)
    found = app.authentication
    assert found is not None
    assert ("alice", "app", {"tag"}, "Bearer") == (found.subject, found.client_id, found.scopes, found.scheme)


def test_no_token_is_a_bare_challenge(edge: Edge) -> None:
    """Section 3.1, last paragraph: no error code, and an empty body."""
    app = App()
    reply = edge.answer(edge.guard(app, server()))
    assert (401, BARE, b"", []) == (*reply.brief, reply.body, app.seen)
    assert ["no-store"] == reply.all("cache-control")


def test_a_bad_token_is_refused(edge: Edge) -> None:
    """Section 3.1: invalid_token, 401; whatever is wrong with it, the text is one."""
    app = App()
    reply = edge.answer(edge.guard(app, server()), headers=bearer("bad"))
    assert (401, BAD_TOKEN_CHALLENGE, []) == (*reply.brief, app.seen)
    assert {"error": "invalid_token", "error_description": BAD_TOKEN} == reply.json()


def test_a_store_that_is_gone_is_503_and_back_again(edge: Edge) -> None:
    """Cannot tell: no challenge, for a client would throw a good token away."""
    store, app = BrokenStore(), App()
    token = stored(store)
    guarded = edge.guard(app, local(store))
    store.is_down = True
    reply = edge.answer(guarded, headers=bearer(token))
    assert (503, None, ["7"], []) == (*reply.brief, reply.all("retry-after"), app.seen)
    store.is_down = False
    assert 200 == edge.answer(guarded, headers=bearer(token)).status


@pytest.mark.parametrize(
    ("facts", "passes"),
    [
        ({}, True),
        ({"expires_at": START + 0.001}, True),
        ({"expires_at": START}, False),
        ({"expires_at": START - 1}, False),
        ({"expires_at": 0}, False),
        ({"not_before": START + 30}, True),
        ({"not_before": START + 30.001}, False),
        ({"not_before": 0, "expires_at": START + 1}, True),
        ({"audience": RESOURCE}, True),
        ({"audience": ["https://other.example", RESOURCE]}, True),
        ({"audience": "https://other.example"}, False),
        ({"audience": RESOURCE + "/"}, False),
        ({"audience": RESOURCE.upper()}, False),
        ({"audience": ""}, False),
    ],
)
@pytest.mark.parametrize("is_cached", [False, True])
def test_time_and_audience_decide_on_every_request(
    edge: Edge, facts: dict[str, Any], passes: bool, is_cached: bool
) -> None:
    """RFC 7519 sections 4.1.3 to 4.1.5, on a cache hit too."""
    verifier: Any = FromFunction(known(good=AccessToken(**facts)))
    guarded = edge.guard(App(), server(Cached(verifier, now=Clock(0.0)) if is_cached else verifier))
    for _ in range(2):
        expected = (200, None) if passes else (401, BAD_TOKEN_CHALLENGE)
        assert expected == edge.answer(guarded, headers=bearer("good")).brief


def test_a_cached_token_expires_on_the_second(edge: Edge) -> None:
    """Facts are cached, never decisions."""
    clock = Clock()
    facts = AccessToken(expires_at=START + 5)
    cached = Cached(FromFunction(known(good=facts)), now=Clock(), monotonic=Clock())
    guarded = edge.guard(App(), server(cached, now=clock))
    seen = []
    for _ in range(3):
        seen.append(edge.answer(guarded, headers=bearer("good")).status)
        clock.move(2.5)
    assert [200, 200, 401] == seen


def test_leeways_are_for_the_clocks_of_others(edge: Edge) -> None:
    """Seconds by which they may differ."""
    expired, early = AccessToken(expires_at=START - 5), AccessToken(not_before=START + 5)
    assert 200 == brief(edge, expired, expiry_leeway_seconds=5.1)[0]
    assert 401 == brief(edge, expired, expiry_leeway_seconds=5)[0]
    assert 200 == brief(edge, early, not_before_leeway_seconds=5)[0]
    assert 401 == brief(edge, early, not_before_leeway_seconds=4.9)[0]


def test_other_names_for_this_api_are_audiences(edge: Edge) -> None:
    """Exact strings; the resource is then no longer one by itself."""
    assert 200 == brief(edge, AccessToken(audience="my-api"), audiences=["my-api", "x"])[0]
    assert 401 == brief(edge, AccessToken(audience=RESOURCE), audiences=["my-api"])[0]


# -- scopes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_anonymous", [False, True])
def test_a_missing_scope_is_403_and_named_in_the_order_of_the_route(edge: Edge, is_anonymous: bool) -> None:
    """Section 3.1: insufficient_scope, MAY include the scope attribute."""
    store = MemoryTokenStore()
    app = App(requires=requirement("rating", any_of("tag", "collection")))
    guarded = edge.guard(app, local(store), anonymous=is_anonymous)
    reply = edge.answer(guarded, headers=bearer(stored(store, scopes=("tag",))))
    text = "The access token does not carry the scope that this needs."
    scope = "rating tag collection"
    expected = f'{BARE}, error="insufficient_scope", error_description="{text}", scope="{scope}"'
    assert (403, expected) == reply.brief
    assert {"error": "insufficient_scope", "error_description": text, "scope": scope} == reply.json()
    good = stored(store, scopes=("rating", "collection"))
    assert 200 == edge.answer(guarded, headers=bearer(good)).status


def test_a_route_that_asks_for_a_token_refuses_nobody_with_a_bare_challenge(edge: Edge) -> None:
    """Behind anonymous=True, routes decide."""
    guarded = edge.guard(App(requires=requirement()), server(), anonymous=True)
    assert (401, BARE) == edge.answer(guarded).brief
    assert (200, None) == edge.answer(guarded, headers=bearer("good")).brief


def test_anonymous_lets_nobody_through_but_no_bad_token(edge: Edge) -> None:
    """Closed by default; a token that was sent and is bad is refused all the same."""
    app = App()
    guarded = edge.guard(app, server(), anonymous=True)
    assert ((200, None), None) == (edge.answer(guarded).brief, app.authentication)
    assert (401, BAD_TOKEN_CHALLENGE) == edge.answer(guarded, headers=bearer("bad")).brief
    assert 400 == edge.answer(guarded, headers=bearer("a b")).status
    assert 1 == len(app.seen)


def test_a_route_behind_no_middleware_is_the_programmers_mistake() -> None:
    """A 500 that says so, never a pass; what somebody else put there does not count."""
    for attached in ({}, {"bearerguard": object(), "bearerguard.standing": "yes"}):
        with pytest.raises(ConfigurationError, match=r"^This route asks for an access token, but no bearerguard"):
            authorize(attached, requirement())


# -- the user --------------------------------------------------------------------------------------


def test_load_user_gives_the_applications_own_user(edge: Edge) -> None:
    """Never cached: every request asks again."""
    asked: list[AccessToken] = []

    def load_user(facts: AccessToken) -> str:
        asked.append(facts)
        return f"user {len(asked)}"

    app, store = App(), MemoryTokenStore()
    token = stored(store)
    guarded = edge.guard(app, local(store, cached=True, load_user=load_user))
    for _ in range(2):
        edge.answer(guarded, headers=bearer(token))
    users = [one["bearerguard"].user for one in app.seen]
    assert (["user 1", "user 2"], ["alice"] * 2) == (users, [facts.subject for facts in asked])


def test_a_user_that_is_gone_is_401(edge: Edge) -> None:
    """None of load_user."""
    assert (401, BAD_TOKEN_CHALLENGE) == brief(
        edge, AccessToken(subject="alice"), load_user=lambda facts: None
    )


@pytest.mark.parametrize("user", [0, "", False, []])
def test_a_user_that_is_falsy_is_a_user(edge: Edge, user: Any) -> None:
    """Only None is nobody."""
    assert (200, None) == brief(edge, AccessToken(subject="alice"), load_user=lambda facts: user)


@pytest.mark.parametrize("facts", [AccessToken(client_id="app"), AccessToken(subject="app", client_id="app")])
def test_load_user_is_not_asked_about_an_application(edge: Edge, facts: AccessToken) -> None:
    """RFC 6749 section 4.4: a token without a user."""
    asked: list[AccessToken] = []
    assert (200, None) == brief(edge, facts, load_user=asked.append)
    assert [] == asked


@pytest.mark.parametrize(("error", "status"), [(Unavailable("database"), 503), (InvalidToken(), 401)])
def test_load_user_may_refuse(edge: Edge, error: Exception, status: int) -> None:
    """Or not know."""

    def load_user(facts: AccessToken) -> None:
        raise error

    assert status == brief(edge, AccessToken(subject="alice"), load_user=load_user)[0]


def test_one_sub_from_two_places_is_never_one_user(edge: Edge) -> None:
    """identity carries the issuer's, or the verifier's, name."""
    app = App()
    first = FromFunction(known(a=AccessToken(subject="alice")), name="one")
    second = FromFunction(known(b=AccessToken(subject="alice", issuer="https://two")), name="two")
    guarded = edge.guard(app, server(FirstMatch([first, second])))
    for token in "ab":
        edge.answer(guarded, headers=bearer(token))
    assert ["one|alice", "https://two|alice"] == [one["bearerguard"].user.identity for one in app.seen]


def test_two_servers_may_share_one_cache(edge: Edge) -> None:
    """Each names its users in its own way."""
    app = App()
    cached = Cached(FromFunction(known(a=AccessToken(subject="alice")), name="one"))
    other = FromFunction(known(), name="two")
    many = edge.guard(app, server(FirstMatch([cached, other])))
    for guarded in (many, edge.guard(app, server(cached)), many):
        edge.answer(guarded, headers=bearer("a"))
    assert ["one|alice", "alice", "one|alice"] == [one["bearerguard"].user.identity for one in app.seen]


# -- unexpected things -----------------------------------------------------------------------------


def raise_lookup_error(*arguments: Any) -> Any:
    raise LookupError("unexpected")


@pytest.mark.parametrize(
    "settings",
    [
        {"verifier": FromFunction(raise_lookup_error)},
        {"verifier": Cached(FromFunction(raise_lookup_error))},
        {"load_user": raise_lookup_error},
        {"on_decision": raise_lookup_error},
    ],
)
def test_an_unexpected_failure_is_never_a_pass(edge: Edge, settings: dict[str, Any]) -> None:
    """It comes out, for the server's 500."""
    app = App()
    with pytest.raises(LookupError, match="unexpected"):
        edge.answer(edge.guard(app, server(**settings)), headers=bearer("good"))
    assert [] == app.seen


@pytest.mark.parametrize("kind", [MemoryTokenStore, ThreadedStore, AsyncStore])
def test_stores_of_every_colour_work_under_asgi(kind: type[MemoryTokenStore]) -> None:
    """Quick, blocking and async."""
    edge, app = AsgiEdge(), App()
    store = kind()
    token = stored(store)
    for cached in (False, True):
        guarded = edge.guard(app, local(store, cached=cached))
        assert [200, 200] == [edge.answer(guarded, headers=bearer(token)).status for _ in range(2)]
        assert 401 == edge.answer(guarded, headers=bearer(token[:-1])).status


async def load_later(facts: AccessToken) -> str | None:
    await asyncio.sleep(0)
    return facts.subject


def test_load_user_may_be_async_under_asgi() -> None:
    """Awaited on the loop."""
    assert (200, None) == brief(AsgiEdge(), AccessToken(subject="alice"), load_user=load_later)


# -- who asks once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("colour", ["async", "threaded"])
def test_200_requests_at_once_with_one_new_token_ask_the_verifier_once_under_asgi(colour: str) -> None:
    """One question, 200 answers."""
    asked: list[str] = []
    entered = threading.Event()

    async def slow(token: str) -> AccessToken:
        asked.append(token)
        await asyncio.sleep(0.1)
        return AccessToken(subject="alice")

    def blocking(token: str) -> AccessToken:
        asked.append(token)
        entered.wait(0.1)
        return AccessToken(subject="alice")

    app = App(reads=False)
    verifier = Cached(FromFunction(slow if colour == "async" else blocking))
    guarded = AsgiEdge().guard(app, server(verifier))

    async def ask_all() -> list[int]:
        requests = [drive_asgi(guarded, asgi_scope(headers=bearer("new")), []) for _ in range(200)]
        return [reply_of(sent).status for sent in await asyncio.gather(*requests)]

    assert [200] * 200 == asyncio.run(ask_all())
    assert (["new"], 200) == (asked, len(app.seen))


# -- more than one scheme ------------------------------------------------------------------------------


@dataclass
class Signature(Scheme):
    """A scheme whose secret never travels, and whose sender proves something."""

    name = "Sig"
    requires_https = False
    has_proofs = True
    proof_is_good: bool = True

    def find(self, request: ResourceRequest) -> Credentials | None | Flow[Credentials | None]:
        for value in request.authorization():
            if value.startswith(b"Sig "):
                return self._find(value[4:])
        return None

    def _find(self, token: bytes) -> Iterator[Any]:  # type: ignore[override]
        yield from call(len, token)
        return Credentials("Sig", token, proof="proof")

    def hide(self, request: ResourceRequest) -> None:
        pass

    def confirm(self, credentials: Credentials, facts: AccessToken, request: ResourceRequest) -> Any:
        return None if credentials.scheme != "Sig" else self._confirm()

    def _confirm(self) -> Iterator[Any]:
        yield from call(len, "x")
        if not self.proof_is_good:
            raise InvalidToken(Reason.BOUND_TO_KEY)

    def challenge(self, realm: str, refusal: Refusal | None) -> str:
        return f'Sig realm="{realm}"'


def test_every_scheme_is_challenged_for(edge: Edge) -> None:
    """RFC 9110 section 11.6.1."""
    guarded = edge.guard(App(), server(schemes=[Bearer(), Signature()]))
    assert [BARE, 'Sig realm="api"'] == edge.answer(guarded).all("www-authenticate")


def test_two_schemes_at_once_are_two_ways(edge: Edge) -> None:
    """One request, one sender."""
    guarded = edge.guard(App(), server(schemes=[Signature(), Bearer(query=True)]))
    reply = edge.answer(guarded, headers=[("Authorization", "Sig good")], query="access_token=good")
    assert (400, 'Sig realm="api", ' + bad_request(TWO_WAYS)) == reply.brief


@pytest.mark.parametrize(("is_good", "status"), [(True, 200), (False, 401)])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_scheme_confirms_who_holds_the_token(edge: Edge, is_good: bool, status: int, scheme: str) -> None:
    """On every request; over plain HTTP too where no secret travels."""
    cached = Cached(FromFunction(known(good=AccessToken(subject="alice"))))
    guarded = edge.guard(App(), server(cached, schemes=[Bearer(), Signature(is_good)]))
    for _ in range(2):
        reply = edge.answer(guarded, headers=[("Authorization", "Sig good")], scheme=scheme)
        assert status == reply.status


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_form_and_another_scheme(edge: Edge, scheme: str) -> None:
    """The form is waited for, and over plain HTTP refused."""
    guarded = edge.guard(App(), server(schemes=[Signature(), Bearer(form=True)]))
    reply = edge.answer(guarded, method="POST", headers=[FORM], body=b"access_token=good", scheme=scheme)
    assert {"https": 200, "http": 400}[scheme] == reply.status


# -- refusals of the application -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InsufficientScope(("x",)), 403),
        (MissingCredentials(), 401),
        (InvalidRequest("Why."), 400),
        (Unavailable("it"), 503),
    ],
)
def test_a_refusal_that_the_application_raises_is_answered(edge: Edge, error: Exception, status: int) -> None:
    """As one of our own."""
    reply = edge.answer(edge.guard(App(raises=error), server()), headers=bearer("good"))
    assert status == reply.status
    assert (status != 503) == (reply.challenge is not None)


def test_the_answer_to_head_has_no_content(edge: Edge) -> None:
    """RFC 9110 section 9.3.2: the length that GET would have had."""
    guarded = edge.guard(App(), server())
    get, head = (edge.answer(guarded, method=one, headers=bearer("bad")) for one in ("GET", "HEAD"))
    assert (get.brief, get.headers, b"") == (head.brief, head.headers, head.body)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ([], [BARE]),
        (['Digest realm="x", nonce="y"'], ['Digest realm="x", nonce="y"', BARE]),
        (['Basic realm="x"', "Negotiate"], ['Basic realm="x"', "Negotiate", BARE]),
        (['Basic realm="Bearer of, bearer x"'], ['Basic realm="Bearer of, bearer x"', BARE]),
        (['BEARER realm="theirs"'], ['BEARER realm="theirs"']),
        (['Basic realm="x", Bearer realm="y"'], ['Basic realm="x", Bearer realm="y"']),
    ],
)
def test_to_a_401_of_the_application_our_challenge_is_added(
    edge: Edge, theirs: list[str], expected: list[str]
) -> None:
    """Behind its own, unless ours is there; a quoted string is not a scheme."""
    app = App(status=401, headers=[("WWW-Authenticate", one) for one in theirs])
    guarded = edge.guard(app, server(), anonymous=True)
    assert expected == edge.answer(guarded).all("www-authenticate")


@pytest.mark.parametrize("status", [200, 400, 403, 407, 500])
def test_other_answers_of_the_application_stay_as_they_are(edge: Edge, status: int) -> None:
    """Only a 401 is a request for credentials."""
    app = App(status=status, headers=[("X-A", "b")])
    reply = edge.answer(edge.guard(app, server()), headers=bearer("good"))
    assert (status, ["b"], None) == (reply.status, reply.all("x-a"), reply.challenge)


def test_a_test_may_vouch_but_only_from_inside_the_process(edge: Edge) -> None:
    """bearerguard.testing puts facts on the request; a header of that name is nothing."""
    vouched = AccessToken(subject="tester")
    app = App()
    guarded = edge.guard(app, server())
    reply = edge.answer(guarded, headers=bearer("any"), **{"bearerguard.testing": vouched})
    assert (200, vouched) == (reply.status, app.authentication and app.authentication.access_token)
    assert 401 == edge.answer(guarded, headers=bearer("any"), **{"bearerguard.testing": "yes"}).status
    assert 401 == edge.answer(guarded, headers=[*bearer("any"), ("bearerguard.testing", "yes")]).status


def test_an_async_port_that_only_its_result_gives_away_is_refused_by_run() -> None:
    """Loudly, and not as a pass: it could not be seen at construction."""
    app = App()
    verifier = FromFunction(lambda token: load_later(AccessToken()), name="f")  # type: ignore[arg-type,return-value]
    guarded = WsgiEdge().guard(app, server(verifier))
    with pytest.raises(ConfigurationError, match="is async: use it under AsgiMiddleware"):
        WsgiEdge().answer(guarded, headers=bearer("good"))
    assert [] == app.seen
