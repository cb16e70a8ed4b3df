"""Any bytes at all: a grammar answers, or raises InvalidRequest, and nothing else."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qsl, quote_from_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bearerguard.errors import InvalidRequest
from bearerguard.public import PublicPaths
from bearerguard.responses import names_scheme, private
from bearerguard.wire.authorization import find_bearer, is_b64token
from bearerguard.wire.challenge import dump_challenge
from bearerguard.wire.parameters import find_access_token, take_access_token
from bearerguard.wire.scope import dump_scopes, parse_scopes

B64TOKEN = re.compile(rb"[A-Za-z0-9\-._~+/]+=*")

# Likelier to be near a grammar than any bytes.
words = st.sampled_from(
    [b"Bearer", b"bearer", b" ", b"  ", b",", b"=", b'"', b"\\", b"Basic", b"a", b"b.c", b"\t", b"\xff"]
)
fields = st.one_of(st.binary(max_size=60), st.lists(words, max_size=8).map(b"".join))
pairs = st.sampled_from(
    [
        b"access_token",
        b"access%5Ftoken",
        b"%61ccess_token",
        b"a",
        b"=",
        b"&",
        b"%",
        b"%4",
        b"+",
        b";",
        b"x",
        b"%00",
        b"\xe4",
    ]
)
texts = st.one_of(st.binary(max_size=60), st.lists(pairs, max_size=12).map(b"".join))
tokens = st.from_regex(B64TOKEN, fullmatch=True)


@given(st.lists(fields, max_size=3))
@example([b"Bearer " + b"a" * 100 + b"\n"])
def test_the_authorization_field(values: list[bytes]) -> None:
    """What is found is the b64token of exactly one line."""
    try:
        found = find_bearer(values)
    except InvalidRequest as refusal:
        assert 400 == refusal.status  # noqa: PT017 - it need not be raised
        assert any(b"bearer" in value.lower() for value in values)
        return
    if found is not None:
        (value,) = values
        assert value.lower().startswith(b"bearer ")
        assert value[6:].lstrip(b" ") == found
        assert B64TOKEN.fullmatch(found)


@given(tokens, st.integers(1, 5))
def test_every_token_that_can_be_sent_is_found(token: bytes, spaces: int) -> None:
    """In the header, and encoded in a form."""
    assert is_b64token(token)
    assert token == find_bearer([b"BEARER" + b" " * spaces + token])
    assert token == find_access_token(b"a=1&access_token=" + quote_from_bytes(token, "").encode())


@given(texts)
def test_the_parameter(text: bytes) -> None:
    """Found or refused just where taking it out changes something; and what is left holds none."""
    rest = take_access_token(text)[1]
    try:
        found = find_access_token(text)
    except InvalidRequest as refusal:
        assert (400, True) == (refusal.status, rest != text)  # noqa: PT017 - it need not be raised
    else:
        assert (found is not None) == (rest != text)
        assert found is None or B64TOKEN.fullmatch(found)
    assert find_access_token(rest) is None
    assert rest == take_access_token(rest)[1]


@given(texts)
def test_what_another_parser_sees(text: bytes) -> None:
    """A name that the application's parser would take for access_token is never left behind."""
    rest = take_access_token(text)[1]
    names = [name for name, _ in parse_qsl(rest.decode("latin-1"), keep_blank_values=True)]
    assert "access_token" not in names


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_challenge_is_two_quoted_strings_or_nothing(realm: str, description: str) -> None:
    """Whatever the texts, no parameter can be added and no line broken."""
    try:
        challenge = dump_challenge("Bearer", {"realm": realm, "error_description": description})
    except ValueError:
        return
    expected = r'Bearer realm="([^"\\\r\n]*)", error_description="([^"\\\r\n]*)"'
    match = re.fullmatch(expected, challenge)
    assert match is not None
    assert (realm, description) == match.groups()
    assert names_scheme([challenge], "Bearer")
    assert not names_scheme([challenge], "Basic")


@given(st.text(max_size=30))
def test_a_scope_list(text: str) -> None:
    """Parsed and written again it is the same; else ValueError."""
    try:
        names = parse_scopes(text)
    except ValueError:
        return
    assert text == dump_scopes(names)


@given(st.text(alphabet='abcdef,= -"public', max_size=40))
def test_what_was_made_private_is_private(value: str) -> None:
    """And stays as it is when it is made so again."""
    made = private(value)
    assert made == private(made)
    directives = [one.strip().lower() for one in made.split(",")]
    assert "private" in directives or any(one.startswith("no-store") for one in directives)
    assert "public" not in directives


@given(st.text(alphabet="/.%2eEfF\\stax", max_size=20))
def test_a_public_path_is_one_to_everybody(path: str) -> None:
    """Whatever is read as a step, a separator or an encoding by somebody down the line is not public."""
    if f"/static{path}" in PublicPaths(("/static/*",)):
        assert path.startswith("/")
        segments = path[1:].split("/")
        assert not {"..", "."} & set(segments)
        assert "" not in segments[:-1]
        assert not re.search(r"\\|%2e|%2f|%5c|%25", path, re.IGNORECASE)


@settings(deadline=None, max_examples=30)
@pytest.mark.parametrize("grammar", [find_access_token, take_access_token, lambda text: find_bearer([text])])
@given(piece=st.one_of(pairs, words, st.binary(min_size=1, max_size=3)))
def test_a_long_repetition_of_anything_takes_no_time(grammar: object, piece: bytes) -> None:
    """Quadratic would be minutes for these 200 kB."""
    assert callable(grammar)
    began = time.process_time()
    for text in (piece * (200_000 // len(piece)), b'Bearer "' + piece * (200_000 // len(piece))):
        try:
            grammar(text)
        except InvalidRequest:
            pass
    assert time.process_time() - began < 5
