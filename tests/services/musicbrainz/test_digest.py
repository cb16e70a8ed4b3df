"""HTTP Digest beside the guard (RFC 7616): what is refused, and how often an answer is good."""

from __future__ import annotations

import hashlib

import httpx
import pytest
from musicbrainz.digest import Digest, DigestRefused, Target, is_digest, password_hash
from musicbrainz.nonces import MAX_AGE_SECONDS, Nonces

from tests.services.musicbrainz.edges import (
    BARE,
    DIGEST,
    PASSWORD,
    XML,
    Answer,
    Edge,
    Tokens,
    digest_field,
    problem,
)
from tests.support import Clock

COLLECTION = "/ws/2/collection"
HOME = Target("GET", b"/", "")
WRONG = Answer(401, (DIGEST, BARE), XML, problem("The name or the password is wrong."))
STALE = Answer(
    401,
    (f"{DIGEST}, stale=true", BARE),
    XML,
    problem("The nonce is used up or too old: answer the new challenge."),
)
MALFORMED = Answer(
    400, (), XML, problem("The Digest credentials are malformed, or were made for another request.")
)


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def digest(clock: Clock | None = None) -> Digest:
    hashes = {"alice": password_hash("alice", PASSWORD)}
    return Digest(hashes.get, Nonces(monotonic=clock or Clock()))


def test_digest_opens_everything_that_is_its_user_s(edge: Edge) -> None:
    """No scopes: the address too."""
    with edge.client(auth=httpx.DigestAuth("alice", PASSWORD)) as client:
        assert "alice@example.org" == client.get("/oauth2/userinfo").json()["email"]
        assert 200 == client.get(f"{COLLECTION}/?fmt=json").status_code


def test_an_answer_is_good_once(edge: Edge) -> None:
    """A repeated request has a count that is used up; the next count is good (section 5.4)."""
    challenge = edge.challenge("GET", COLLECTION)
    first = digest_field(challenge, "GET", COLLECTION)
    assert 200 == edge.send("GET", COLLECTION, first).status
    assert STALE == edge.send("GET", COLLECTION, first)
    assert (
        200 == edge.send("GET", COLLECTION, digest_field(challenge, "GET", COLLECTION, nc="00000002")).status
    )
    assert STALE == edge.send("GET", COLLECTION, first)


def test_an_answer_is_for_its_own_method_and_target(edge: Edge) -> None:
    """Another `uri` than the request's own is a 400 (section 3.4.6); another method is a wrong answer."""
    challenge = edge.challenge("GET", COLLECTION)
    for elsewhere in ("/ws/2/tag", f"{COLLECTION}?fmt=json", f"{edge.url}{COLLECTION}"):
        assert MALFORMED == edge.send("GET", COLLECTION, digest_field(challenge, "GET", elsewhere)), elsewhere
    assert WRONG == edge.send("GET", COLLECTION, digest_field(challenge, "PUT", COLLECTION))


def test_a_path_may_be_encoded_either_way(edge: Edge) -> None:
    """`%63` is `c`: the same place, however a client writes it."""
    target = "/ws/2/%63ollection?fmt=json"
    challenge = edge.challenge("GET", target)
    assert 200 == edge.send("GET", target, digest_field(challenge, "GET", target)).status
    plain = digest_field(challenge, "GET", f"{COLLECTION}?fmt=json", nc="00000002")
    assert 200 == edge.send("GET", target, plain).status


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": "nobody"},
        {"password": "wrong"},
        {"response": "0" * 32},
        {"response": "é"},
        {"cnonce": "other"},
    ],
    ids=str,
)
def test_wrong_credentials_are_all_one_401(edge: Edge, wrong: dict[str, str]) -> None:
    """Whether a name is known cannot be told from the answer."""
    sent = digest_field(edge.challenge("GET", COLLECTION), "GET", COLLECTION, **wrong)
    headers = {name: value.encode("latin-1") for name, value in sent.items()}
    assert WRONG == edge.send("GET", COLLECTION, headers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "missing", ["username", "realm", "nonce", "uri", "response", "cnonce"], ids=lambda name: name
)
def test_an_incomplete_field_is_a_400(edge: Edge, missing: str) -> None:
    """Section 3.4: required parameters are missing."""
    sent = digest_field(edge.challenge("GET", COLLECTION), "GET", COLLECTION, **{missing: ""})
    assert MALFORMED == edge.send("GET", COLLECTION, sent)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("qop=auth", "qop=auth-int"),
        ("qop=auth, ", ""),
        ("algorithm=MD5", "algorithm=SHA-256"),
        ("algorithm=MD5", "algorithm=MD5-sess"),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=0000000g"),
        ("algorithm=MD5", 'username="bob"'),
        ('username="alice"', 'username="alice'),
        ("Digest ", "Digest ,"),
        ("Digest ", f'Digest x="{"x" * 8_192}", '),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_of_this_kind_is_a_400(edge: Edge, old: str, new: str) -> None:
    """Another algorithm or quality, a parameter twice, a quote too few, a field too long."""
    sent = digest_field(edge.challenge("GET", COLLECTION), "GET", COLLECTION)
    assert MALFORMED == edge.send(
        "GET", COLLECTION, {"authorization": sent["authorization"].replace(old, new)}
    )


def test_a_nonce_that_is_not_ours_is_stale(edge: Edge, edges: dict[str, Edge]) -> None:
    """One of another process, such as before a restart: the client goes on without asking anybody."""
    for nonce in ("x", "1-2-3", "--"):
        made_up = digest_field(f'nonce="{nonce}"', "GET", COLLECTION)
        assert STALE == edge.send("GET", COLLECTION, made_up), nonce
    (other,) = [one for one in edges.values() if one is not edge]
    theirs = digest_field(other.challenge("GET", COLLECTION), "GET", COLLECTION)
    assert STALE == edge.send("GET", COLLECTION, theirs)


def test_a_token_counts_before_digest(edge: Edge, tokens: Tokens) -> None:
    """With a token beside it Digest is not looked at: a bad token is refused, a good one says who asks."""
    sent = digest_field(edge.challenge("GET", COLLECTION), "GET", COLLECTION, user="bob")
    assert 401 == edge.send("GET", f"{COLLECTION}?access_token=bad", sent).status
    both = f"/oauth2/userinfo?access_token={tokens.of('profile')}"
    assert '"sub":"alice"' in edge.send("GET", both, sent).body


def test_one_authorization_field_is_all_that_is_taken(edge: Edge, tokens: Tokens) -> None:
    """Digest and a token in two fields are a 400 of the guard's, two of Digest one of the application's."""
    digested = digest_field(edge.challenge("GET", COLLECTION), "GET", COLLECTION)["authorization"]
    token = tokens.field("collection")["authorization"]
    for fields in ([digested, token], [token, digested], [digested, digested]):
        with edge.client() as client:
            found = client.get(COLLECTION, headers=[("authorization", one) for one in fields])
        assert 400 == found.status_code
        assert (token in fields) == ('error="invalid_request"' in found.headers.get("www-authenticate", ""))


def test_a_nonce_is_good_until_it_is_too_old() -> None:
    """Its age is counted by a clock that does not jump."""
    clock = Clock()
    nonces = Nonces(monotonic=clock)
    nonce = nonces.make()
    clock.move(MAX_AGE_SECONDS)
    assert nonces.take(nonce, 1)
    clock.move(0.002)
    assert not nonces.take(nonce, 2)


def test_what_is_forgotten_is_not_good_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are kept for so many nonces; a nonce that fell out could be replayed, so it is stale."""
    monkeypatch.setattr("musicbrainz.nonces.MAX_USED", 2)
    clock = Clock()
    nonces = Nonces(monotonic=clock)
    made = []
    for _ in range(4):
        made.append(nonces.make())
        clock.move(1)
    assert [True, True, True] == [nonces.take(nonce, 1) for nonce in made[:3]]
    assert not nonces.take(made[0], 2)
    assert [True, True] == [nonces.take(made[2], 2), nonces.take(made[3], 1)]


def test_quoted_pairs_are_undone() -> None:
    r"""`\"` in a quoted string is a quote (RFC 9110 section 5.6.4)."""
    name = 'al"ice'
    guard = Digest({name: password_hash(name, PASSWORD)}.get, Nonces(monotonic=Clock()))
    sent = digest_field(guard.challenge(), "GET", "/", user=name, username=r"al\"ice")
    assert name == guard.verify(sent["authorization"], HOME)


def test_nobody_logs_in_as_a_name_that_is_unknown() -> None:
    """Not by the hash either that stands for it, so that an unknown name takes as long as a known one."""
    guard = digest()
    sent = digest_field(guard.challenge(), "GET", "/", user="nobody")
    nonce = sent["authorization"].split('nonce="')[1].split('"')[0]
    response = md5(f"{'0' * 32}:{nonce}:00000001:0a4f113b:auth:{md5('GET:/')}")
    forged = digest_field(f'nonce="{nonce}"', "GET", "/", user="nobody", response=response)
    with pytest.raises(DigestRefused, match="wrong"):
        guard.verify(forged["authorization"], HOME)


def test_an_answer_for_another_realm_is_wrong() -> None:
    """RFC 7616 section 3.4: the realm is part of what is answered, and ours is one."""
    guard = digest()
    sent = digest_field(guard.challenge(), "GET", "/", realm="elsewhere")
    with pytest.raises(DigestRefused, match="wrong"):
        guard.verify(sent["authorization"], HOME)


def test_a_nonce_of_letters_beyond_ascii_is_stale() -> None:
    """It cannot be ours."""
    assert not Nonces(monotonic=Clock()).take("é-é-é", 1)


def test_a_refusal_has_no_secret_in_it() -> None:
    """Neither in its text nor in its repr."""
    guard = digest()
    sent = digest_field(guard.challenge(), "GET", "/", password="wrong")
    with pytest.raises(DigestRefused) as raised:
        guard.verify(sent["authorization"], HOME)
    assert ("wrong", "DigestRefused('wrong')") == (str(raised.value), repr(raised.value))


def test_the_scheme_is_known_by_its_name_alone() -> None:
    """In any case, and only as a whole word (RFC 9110 section 11.1)."""
    assert [True, True, False, False] == [
        is_digest(one) for one in ("Digest a", "dIGEST a", "Digesta", "Basic a")
    ]
