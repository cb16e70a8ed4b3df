"""The unverified `iss` chooses from an allow-list, and does nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    ByIssuer,
    Cached,
    ConfigurationError,
    FirstMatch,
    FromFunction,
    InvalidToken,
    Issuer,
    JwtVerifier,
    RevokedTokens,
    StoredTokens,
    Unavailable,
)
from bearerguard.credentials import Credentials
from bearerguard.errors import Reason
from bearerguard.flow import Flow, run
from bearerguard.keys.static import StaticKeys
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import ASK, Ask, Verifier
from tests.signing import ISSUER, RSA, access_claims, encode, key_set, sign
from tests.support import App, AsgiEdge, Clock, WsgiEdge, bearer, known, server

ENCRYPTED = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d"  # the header of RFC 7516 appendix A.1
A, B, C = "https://a.example.org", "https://b.example.org", "https://c.example.org"


class Noting(Verifier):
    """A verifier that notes what it is asked, and answers as it is told to."""

    def __init__(self, name: str, answer: Any = None, recalled: Any = ASK) -> None:
        self.name = name
        self.answer = AccessToken(subject="alice", verifier=name) if answer is None else answer
        self.recalled = recalled
        self.heard: list[str] = []
        self.listener: Any = None

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        self.heard.append("recall")
        found: AccessToken | None | Ask = self.recalled
        return found

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        self.heard.append("verify")
        yield from ()
        if isinstance(self.answer, Exception):
            raise self.answer
        found: AccessToken | None = self.answer
        return found

    def explain(self, token: bytes) -> Reason:
        return Reason.REVOKED

    def warm_up(self) -> Flow[None]:
        self.heard.append("warm_up")
        yield from ()

    def close(self) -> Flow[None]:
        self.heard.append("close")
        yield from ()

    def ports(self) -> Any:
        return (self._port,)

    def _port(self) -> None: ...

    def subscribe(self, listener: Any) -> None:
        self.listener = listener


class Three:
    """Two issuers, and somebody for what names none."""

    def __init__(self, **answers: Any) -> None:
        self.a, self.b, self.other = (Noting(name, answers.get(name)) for name in ("a", "b", "other"))
        self.verifier = ByIssuer({A: self.a, B: self.b}, otherwise=self.other)

    def asked(self, token: str, around: Any = lambda verifier: verifier) -> str | None:
        """Who was asked about this token."""
        run(around(self.verifier).verify(Credentials("Bearer", token.encode("ascii"))))
        found = [one.name for one in (self.a, self.b, self.other) if one.heard]
        assert len(found) < 2
        return found[0] if found else None


def token(iss: Any = A, **claims: Any) -> str:
    return sign(access_claims(iss=iss, **claims))


def raw(payload: bytes, *, header: bytes = b'{"alg":"RS256"}', signature: str = "AAAA") -> str:
    """A token whose payload is just this."""
    return f"{encode(header)}.{encode(payload)}.{signature}"


def said(iss: str) -> bytes:
    return json.dumps({"iss": iss}).encode()


CHOICES = [
    # One of ours, whatever else is wrong with the token: that is for its verifier to say.
    (token(A), "a"),
    (token(B), "b"),
    (raw(said(A)), "a"),
    (raw(said(A), header=b'{"alg":"none"}', signature=""), "a"),
    (raw(said(A), header=b'{"alg":"RS256","crit":["x"]}'), "a"),
    (raw(said(A), header=b'{"typ":"JWT"}'), "a"),
    (raw(b' \n{"iss":"https:\\/\\/a.example.org"}'), "a"),
    (raw(b'{"\\u0069ss":"https://a.example.org"}'), "a"),
    # Another issuer's: nobody is asked.
    (token(C), None),
    (token(f"{A}/"), None),
    (token(A.upper()), None),
    (token("https://a.example.org:443"), None),
    (token(f"{A} "), None),
    (token(f"{A}\u200b"), None),
    (token("https://a.example.org.attacker.example.net"), None),
    (token("http://a.example.org"), None),
    (token(""), None),
    (token(None), None),
    (token(5), None),
    (token([A]), None),
    (token({A: A}), None),
    (token(True), None),
    # What two readers may take for two issuers' names nobody.
    (raw(b'{"iss":"https://a.example.org","iss":"https://c.example.org"}'), None),
    (raw(b'{"iss":"https://a.example.org"'), None),
    (raw(b'{"iss":"https://a.example.org","x":NaN}'), None),
    (raw(b'{"iss":"https://a.example.org","x":"\xff"}'), None),
    (raw(b'{"iss":"https://a.example.org"}{}'), None),
    (raw(b"[]"), None),
    (raw(b"\x00\x01"), None),
    (raw(b'\xef\xbb\xbf{"iss":"https://a.example.org"}'), None),
    (raw('{"iss":"https://a.example.org"}'.encode("utf-16")), None),
    (raw(b'{"iss":"https://a.example.org","x":[' + b"0," * 512 + b"0]}"), None),
    ("eyJhbGciOiJSUzI1NiJ9.AA==.AAAA", None),
    ("eyJhbGciOiJSUzI1NiJ9.A.AAAA", None),
    ("eyJhbGciOjE.!!.AAAA", None),
    ("eyJ.!!.AAAA", None),
    # White space before the header changes nothing of it.
    *(
        (raw(said(A), header=space + b'{"alg":"none"}'), "a")
        for space in (b" ", b"\t", b"\n", b"\r", b" \n ")
    ),
    *((raw(said(C), header=space + b'{"alg":"none"}'), None) for space in (b" ", b"\t", b"\n", b"\r")),
    # No issuer is named.
    ("opaque", "other"),
    ("bg_something", "other"),
    (token(...), "other"),
    (raw(b"{}"), "other"),
    ("ICJ4.b.c", "other"),
    ("eyJpZCI6MX0.Zx3f2w.9vkn-l0", "other"),  # itsdangerous: the payload is an instant
    ("eyJhIjoxfQ.!!.AAAA", "other"),
    (ENCRYPTED, "other"),  # encrypted
    ("a.b.c", "other"),
    ("e.y.J.x", "other"),
]


@pytest.mark.parametrize(("text", "expected"), CHOICES)
def test_the_issuer_that_a_token_names_chooses_who_is_asked(text: str, expected: str | None) -> None:
    """The exact string, in one dictionary; nobody else hears of the token."""
    assert expected == Three().asked(text)


@pytest.mark.parametrize(("text", "expected"), CHOICES)
def test_behind_a_cache_it_is_the_same(text: str, expected: str | None) -> None:
    """As it should be used."""
    assert expected == Three().asked(text, around=Cached)


@pytest.mark.parametrize("text", ["opaque", "bg_something", token(...)])
def test_without_anybody_for_the_others_they_are_nobody_s(text: str) -> None:
    """None, and no look at anything."""
    a = Noting("a")
    verifier = ByIssuer({A: a})
    assert None is run(verifier.verify(Credentials("Bearer", text.encode())))
    assert [] == a.heard


@pytest.mark.parametrize(
    "answer", [InvalidToken(Reason.EXPIRED), Unavailable("down"), AccessToken(subject="bob")]
)
def test_what_the_chosen_one_answers_is_the_answer(answer: Any) -> None:
    """Good, bad, or cannot tell: nobody else is asked after it."""
    three = Three(a=answer)
    credentials = Credentials("Bearer", token(A).encode())
    if isinstance(answer, Exception):
        with pytest.raises(type(answer)) as caught:
            run(three.verifier.verify(credentials))
        assert answer is caught.value
    else:
        assert answer is run(three.verifier.verify(credentials))
    assert ([], []) == (three.b.heard, three.other.heard)


@pytest.mark.parametrize("recalled", [AccessToken(subject="carol"), None])
def test_what_the_chosen_one_knows_on_the_spot_is_not_asked_for(recalled: Any) -> None:
    """As with a cache of its own."""
    a = Noting("a", recalled=recalled)
    a.cached = True
    verifier = ByIssuer({A: a})
    assert recalled is verifier.recall(token(A).encode())
    assert recalled is run(verifier.verify(Credentials("Bearer", token(A).encode())))
    assert ["recall", "recall"] == a.heard


def test_where_nobody_remembers_a_token_is_not_read_twice() -> None:
    """ASK, without a look into it; and None at once for what can be nobody's."""
    three = Three()
    assert ASK is three.verifier.recall(token(C).encode())
    assert ([], []) == (three.a.heard, three.b.heard)
    assert None is ByIssuer({A: Noting("a")}).recall(b"opaque")


def test_a_cache_that_is_inside_answers_on_the_spot() -> None:
    """Warm tokens cost a reading, and no more."""
    inner = Noting("inner")
    verifier = ByIssuer({A: Cached(inner)}, otherwise=Cached(Noting("other")))
    text = token(A)
    first = run(verifier.verify(Credentials("Bearer", text.encode())))
    inner.heard.clear()
    assert (first, [], True) == (verifier.recall(text.encode()), inner.heard, verifier.cached)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (token(A), Reason.REVOKED),
        ("opaque", Reason.REVOKED),
        (token(C), Reason.WRONG_ISSUER),
        (token(None), Reason.WRONG_ISSUER),
        (raw(b'{"iss":1,"iss":2}'), Reason.MALFORMED),
    ],
)
def test_the_log_says_why_nobody_knows_a_token(text: str, expected: Reason) -> None:
    """The one who was asked does, and of what nobody was asked about as much as can be seen."""
    assert expected == Three().verifier.explain(text.encode())


@pytest.mark.parametrize(("text", "expected"), [("opaque", Reason.UNKNOWN), (ENCRYPTED, Reason.ENCRYPTED)])
def test_the_log_says_it_of_what_nobody_is_there_for(text: str, expected: Reason) -> None:
    """Where there is no `otherwise`."""
    assert expected == ByIssuer({A: Noting("a")}).explain(text.encode())


def test_each_hears_of_the_beginning_and_the_end_once() -> None:
    """Also one that serves two issuers."""
    one, other = Noting("one"), Noting("other")
    verifier = ByIssuer({A: one, B: one, C: Noting("three")}, otherwise=other)
    run(verifier.warm_up())
    run(verifier.close())
    verifier.subscribe(print)
    assert (["warm_up", "close"],) * 2 == (one.heard, other.heard)
    assert (3, print) == (len(list(verifier.ports())), one.listener)


@pytest.mark.parametrize(
    ("verifier", "expected"),
    [
        (ByIssuer({A: Noting("a")}), False),
        (ByIssuer({A: Noting("a"), B: Noting("b")}), True),
        (ByIssuer({A: Noting("a")}, otherwise=Noting("other")), True),
        (ByIssuer(dict.fromkeys([A, B], Noting("a"))), True),
        (ByIssuer({A: FirstMatch([Noting("a"), Noting("b")])}), True),
    ],
)
def test_subjects_of_several_issuers_are_told_apart(verifier: Verifier, expected: bool) -> None:
    """One name may be two people, also where one verifier knows both."""
    assert expected == verifier.many


def test_verifiers_of_one_name_are_told_apart() -> None:
    """Two tenants of one host."""
    a, b = Noting("jwt:x"), Noting("jwt:x")
    verifier = ByIssuer({A: a, B: b})
    assert ["by issuer", "jwt:x", "jwt:x#2"] == [verifier.name, a.name, b.name]
    verifier.rename("second")
    assert ["second", "second/jwt:x", "second/jwt:x#2"] == [verifier.name, a.name, b.name]


def test_a_store_behind_it_stays_final_about_its_tokens() -> None:
    """So that FirstMatch asks it before the others."""
    store = StoredTokens(MemoryTokenStore())
    assert "bg_" == ByIssuer({A: Noting("a")}, otherwise=store).final_prefix
    assert None is ByIssuer({A: Noting("a")}).final_prefix
    remote = Noting("remote")
    chain = FirstMatch([remote, ByIssuer({A: Noting("a")}, otherwise=store)])
    with pytest.raises(InvalidToken):
        run(chain.verify(Credentials("Bearer", b"bg_unknown")))
    assert [] == remote.heard


@pytest.mark.parametrize(
    "around",
    [
        lambda inner: ByIssuer({A: FirstMatch([FromFunction(known()), inner])}),
        lambda inner: Cached(ByIssuer({A: FirstMatch([FromFunction(known()), Cached(inner)])})),
        lambda inner: FirstMatch([FromFunction(known()), ByIssuer({A: Cached(inner)})]),
        lambda inner: Cached(FirstMatch([ByIssuer({B: Noting("b")}), ByIssuer({A: inner})])),
        lambda inner: ByIssuer({A: Cached(inner)}, otherwise=Cached(ByIssuer({B: Noting("b")}))),
    ],
)
@pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=lambda edge: edge.name)
def test_it_goes_into_others_and_others_into_it(around: Any, edge: Any) -> None:
    """A token of ours passes twice, a stranger's never."""
    inner = Noting("inner")
    guarded = edge.guard(App(), server(around(inner), now=Clock()))
    asked = [token(A), token(A), token(C), token(C), "opaque"]
    assert [200, 200, 401, 401, 401] == [edge.answer(guarded, headers=bearer(one)).status for one in asked]
    assert inner.heard.count("verify") in (1, 2)


@pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=lambda edge: edge.name)
def test_a_flood_of_strangers_reaches_nobody(edge: Any) -> None:
    """Other issuers, and tokens that name none: no verifier, no store, no network."""
    a = Noting("a")
    guarded = edge.guard(App(), server(Cached(ByIssuer({A: a}))))
    for number in range(50):
        assert 401 == edge.answer(guarded, headers=bearer(token(f"{C}/{number}"))).status
    assert [] == a.heard


MISTAKES: list[tuple[Any, str]] = [
    *(
        (
            given,
            "ByIssuer needs a mapping from at least one issuer to its verifier, such as "
            '{"https://as.example.org": JwtVerifier(...)}',
        )
        for given in ({}, None, [Noting("a")], "https://a.example.org")
    ),
    *(
        ({key: Noting("a")}, "ByIssuer needs issuers' names, as tokens have them in iss, or Issuers")
        for key in (None, 5, "", b"https://a.example.org", type("Str", (str,), {})(A))
    ),
    (
        {A: known()},
        "ByIssuer needs a verifier for each issuer, such as JwtVerifier(issuer=..., keys=...), "
        "not builtin_function_or_method",
    ),
    (
        {ISSUER: Noting("a"), Issuer(ISSUER): Noting("b")},
        "ByIssuer was given one issuer twice, by its name and as an Issuer",
    ),
]


@pytest.mark.parametrize(("given", "expected"), MISTAKES)
def test_a_mistake_is_found_at_the_start(given: Any, expected: str) -> None:
    """In one sentence that names the cure."""
    with pytest.raises(ConfigurationError) as caught:
        ByIssuer(given)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    "around",
    [
        lambda inner: inner,
        Cached,
        lambda inner: RevokedTokens(inner, MemoryTokenStore()),
        lambda inner: Cached(RevokedTokens(inner, MemoryTokenStore())),
    ],
)
def test_another_issuer_s_verifier_is_a_mistake(around: Any) -> None:
    """It would refuse every token, however deep it is in others; a slash makes another issuer."""
    verifier = around(JwtVerifier(issuer=A, keys=StaticKeys(key_set(RSA))))
    for other in (B, f"{A}/", Issuer(B)):
        with pytest.raises(ConfigurationError) as caught:
            ByIssuer({other: verifier})
        name = other.identifier if isinstance(other, Issuer) else other
        expected = f"ByIssuer was given {A!r}'s verifier for {name!r}, whose tokens it refuses"
        assert f"{expected}: give each issuer its own" == str(caught.value)
    ByIssuer({A: verifier}, otherwise=verifier)


def test_who_is_there_for_the_others_must_be_a_verifier() -> None:
    """Not a store, and not a function."""
    with pytest.raises(ConfigurationError) as caught:
        ByIssuer({A: Noting("a")}, otherwise=MemoryTokenStore())  # type: ignore[arg-type]
    assert "ByIssuer(otherwise=...) must be a verifier, such as Introspection(...)" == str(caught.value)


def test_an_issuer_is_as_good_as_its_name() -> None:
    """Whichever is at hand."""
    a = Noting("a")
    verifier = ByIssuer({Issuer(A): a})
    run(verifier.verify(Credentials("Bearer", sign(access_claims(iss=A), key=RSA).encode())))
    assert ["recall", "verify"] == a.heard
