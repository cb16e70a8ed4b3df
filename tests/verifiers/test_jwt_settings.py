"""What a JWT verifier is built from: a mistake is found at once, and the cure is named."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import ConfigurationError, JwtVerifier
from bearerguard.keys.static import StaticKeys
from tests.signing import ISSUER, RSA, key_set

EXAMPLE = 'such as "https://as.example.org/tenant"'
NO_ISSUER = f"JwtVerifier needs the issuer's name, as tokens have it in iss, {EXAMPLE}"
NO_URL = f"JwtVerifier: the issuer is not a URL, {EXAMPLE}"
NOT_PLAIN = f"JwtVerifier: the issuer must be plain ASCII, without spaces, a query or a fragment, {EXAMPLE}"
NO_HTTPS = (
    f"JwtVerifier: the issuer must be an https URL, {EXAMPLE}; "
    "allow_loopback_http=True excuses http to this machine, for development"
)
NO_KEYS = (
    'JwtVerifier(keys=...) must be keys, such as RemoteKeys("https://as.example.org/jwks.json") '
    'or StaticKeys("jwks.json")'
)
NO_ALGORITHMS = (
    'JwtVerifier(algorithms=...) must be a tuple of at least one name, such as ("RS256",): mind the comma'
)
NO_TYPES = 'JwtVerifier(typ=...) must be a tuple of at least one name, such as ("at+jwt",): mind the comma'
NO_CLAIMS = (
    "JwtVerifier(require_claims=...) must be names of claims, or names with the texts that these must be, "
    'such as ("scope",) or {"token_use": "access"}'
)
KNOWN = "ES256, ES384, ES512, Ed25519, Ed448, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512"


class Text(str):
    """Equal to everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return super().__hash__()


def made(**settings: Any) -> JwtVerifier:
    return JwtVerifier(**{"issuer": ISSUER, "keys": StaticKeys(key_set(RSA)), **settings})


def complaint(**settings: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        made(**settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        (None, NO_ISSUER),
        (5, NO_ISSUER),
        (b"https://as.example.org", NO_ISSUER),
        (Text(ISSUER), NO_ISSUER),
        ("https://[", NO_URL),
        ("", NO_HTTPS),
        ("as.example.org", NO_HTTPS),
        ("http://as.example.org", NO_HTTPS),
        ("http://localhost", NO_HTTPS),
        ("https://", NO_HTTPS),
        ("https://as.example.org?x", NOT_PLAIN),
        ("https://as.example.org#x", NOT_PLAIN),
        ("https://as.example.org ", NOT_PLAIN),
        ("https://äs.example.org", NOT_PLAIN),
    ],
)
def test_the_issuer_is_an_https_url(issuer: Any, expected: str) -> None:
    """RFC 8414 section 2."""
    assert expected == complaint(issuer=issuer)


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000"])
def test_http_to_this_machine_is_excused_by_choice(host: str) -> None:
    """For development."""
    issuer = f"http://{host}/realms/x"
    assert f"jwt:{host}/realms/x" == made(issuer=issuer, allow_loopback_http=True).name
    assert NO_HTTPS == complaint(issuer="http://as.example.org", allow_loopback_http=True)


@pytest.mark.parametrize(
    "keys", [None, "https://as.example.org/jwks.json", key_set(RSA), StaticKeys, object()]
)
def test_keys_are_an_object_that_knows_keys(keys: Any) -> None:
    """A URL alone would hide how they are fetched and kept."""
    assert NO_KEYS == complaint(keys=keys)


@pytest.mark.parametrize(
    "algorithms",
    [
        None,
        (),
        [],
        "RS256",
        b"RS256",
        ("RS256", 5),
        ("",),
        (None,),
        {"RS256": True},
        iter(["RS256"]),
        (Text("x"),),
    ],
)
def test_algorithms_are_several_names(algorithms: Any) -> None:
    """An empty list would accept nothing, and one text is a list of letters."""
    assert NO_ALGORITHMS == complaint(algorithms=algorithms)


@pytest.mark.parametrize("name", ["none", "None", "NONE", "HS256", "HS384", "HS512", "hs256"])
def test_no_algorithm_is_without_a_key_pair(name: str) -> None:
    """Not by any setting (RFC 8725 sections 3.1 and 3.2)."""
    expected = f"JwtVerifier(algorithms=...) holds {name!r}: whoever can check such a token can make one"
    expected += "; let the issuer sign with RS256 or ES256, or use Introspection"
    assert expected == complaint(algorithms=("RS256", name))


@pytest.mark.parametrize("name", ["rs256", "RS1", "ES256K", "RSA", "RS256 "])
def test_an_unknown_algorithm_is_a_mistake(name: str) -> None:
    """The known ones are listed."""
    expected = f"JwtVerifier(algorithms=...) holds {name!r}, which is not known; known are {KNOWN}"
    assert expected == complaint(algorithms=[name])


@pytest.mark.parametrize("typ", [None, (), "JWT", ("JWT", None), {"JWT": 1}, (Text("JWT"),)])
def test_types_are_several_names(typ: Any) -> None:
    """As algorithms are."""
    assert NO_TYPES == complaint(typ=typ)


@pytest.mark.parametrize("name", ["jwt", "at+JWT", "application/at+jwt", "logout+jwt", "dpop+jwt", "*"])
def test_there_are_two_types(name: str) -> None:
    """Whatever else an issuer signs is no access token."""
    expected = (
        f'JwtVerifier(typ=...) holds {name!r}; there are "at+jwt" (RFC 9068) and "JWT", '
        "for issuers that say no more than that"
    )
    assert expected == complaint(typ=("at+jwt", name))


@pytest.mark.parametrize(
    "required",
    ["scope", b"scope", 5, ("",), (None,), {"use": None}, {"use": 5}, {"": "x"}, (Text("x"),), iter("x")],
)
def test_required_claims_are_names_or_names_with_texts(required: Any) -> None:
    """One text is a list of letters."""
    assert NO_CLAIMS == complaint(typ=("JWT",), require_claims=required)


def test_an_audience_can_be_missing_in_plain_jwts_only() -> None:
    """RFC 9068 section 2.2."""
    expected = 'JwtVerifier(require_audience=False) is for typ=("JWT",): an at+jwt always names its audience'
    assert expected == complaint(require_audience=False)
    made(require_audience=False, typ=("JWT", "at+jwt"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"require_audience": "no"}, "JwtVerifier(require_audience=...) must be True or False"),
        ({"allow_loopback_http": 1}, "JwtVerifier(allow_loopback_http=...) must be True or False"),
        ({"scopes_from": ""}, "JwtVerifier(scopes_from=...) must be a text that is not empty, or None"),
        ({"subject_from": 5}, "JwtVerifier(subject_from=...) must be a text that is not empty, or None"),
        ({"now": 5}, "JwtVerifier(now=...) must be a function without arguments that gives seconds"),
        (
            {"monotonic": None},
            "JwtVerifier(monotonic=...) must be a function without arguments that gives seconds",
        ),
    ],
)
def test_other_settings_are_what_they_are_elsewhere(settings: dict[str, Any], expected: str) -> None:
    """The same words for the same mistake."""
    assert expected == complaint(**settings)


def test_its_name_says_whose_tokens_they_are() -> None:
    """Of many tenants at one host, each has its own."""
    issuers = ("https://as.example.org/a", "https://as.example.org/b/")
    assert ["jwt:as.example.org/a", "jwt:as.example.org/b/"] == [made(issuer=one).name for one in issuers]
