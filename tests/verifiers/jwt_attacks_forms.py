"""Tokens that are no JWTs, or that not all readers would read alike."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.signing import ISSUER, access_claims, claiming, encode, sign, text_of
from tests.verifiers.jwt_attacks_signatures import replaced, unsigned


def respelled(segment: str) -> str:
    """The same octets by other characters: the unused bits at the end are not zero."""
    assert len(segment) % 4 != 0
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


def long_enough() -> str:
    """A good token, each segment of which has unused bits at its end."""
    for padding in ("", "x", "xx"):
        token = sign(access_claims(pad=padding), header={"pad": padding})
        if all(len(segment) % 4 for segment in token.split(".")):
            return token
    raise AssertionError("no such token")


# What only some readers understand.


def extended() -> Iterator[str]:
    for member in (
        {"crit": ["exp"], "exp": 0},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"crit": "none"},
        {"crit": None},
    ):
        yield sign(header=member)


def encrypted() -> Iterator[str]:
    for header in (
        {"alg": "dir", "enc": "A128GCM", "typ": "at+jwt"},
        {"alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT", "zip": "DEF"},
        {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31 - 1},
        {"alg": "none", "enc": "A128GCM", "iss": ISSUER},
    ):
        yield ".".join(
            [encode(json.dumps(header).encode()), "", encode(b"iv"), encode(b"text"), encode(b"tag")]
        )


def nested() -> Iterator[str]:
    for inner in (sign(), unsigned("none")):
        yield sign(inner.encode(), header={"cty": "JWT"})


def ambiguous() -> Iterator[str]:
    claims = text_of(access_claims())
    for repeated in (
        '"iss":"https://other.example.org",',
        '"exp":1,',
        '"sub":"mallory",',
        '"scope":"admin",',
    ):
        yield sign(("{" + repeated + claims[1:]).encode())
    for repeated in ('"alg":"RS256"', '"alg":"none"', '"kid":"rsa"'):
        header = '{"alg":"RS256","typ":"at+jwt","kid":"rsa",' + repeated + "}"
        yield sign(header=header.encode())


def unreadable() -> Iterator[str]:
    claims = text_of(access_claims())
    for odd in ('"x":NaN', '"x":Infinity', '"x":-Infinity', '"x":1e400', '"x":18446744073709551616'):
        yield sign(f"{claims[:-1]},{odd}}}".encode())
    yield sign(f'{claims[:-1]},"x":{"[" * 20}{"]" * 20}}}'.encode())
    yield sign(rf'{claims[:-1]},"x":"\ud800"}}'.encode())
    yield sign(claims.replace("/", r"\/")[:-1].encode() + b',"x":NaN}')
    yield sign(claims.encode()[:-1] + b',"x":"\xff"}')
    yield sign(b"\xef\xbb\xbf" + claims.encode())
    yield sign(claims.encode() + b"{}")
    yield sign(header=b'{"alg":"RS256","typ":"at+jwt","kid":"\xff"}')
    yield sign(header=b'{"alg":["RS256"],"typ":"at+jwt"}')
    yield sign(header=b'{"typ":"at+jwt"}')
    yield sign(header={"typ": 5})


def numerous() -> Iterator[str]:
    for many in ([0] * 600, [{}] * 600, {str(number): number for number in range(600)}):
        yield claiming(x=many)


def respelt() -> Iterator[str]:
    good = long_enough()
    segments = good.split(".")
    for at in (0, 2):
        yield replaced(at, respelled(segments[at]), good)
    signature = segments[2].replace("-", "+").replace("_", "/")
    yield replaced(2, signature if signature != segments[2] else signature[:-4] + "+/+/", good)


def undecodable() -> Iterator[str]:
    good = long_enough()
    head, body, signature = good.split(".")
    yield f"{head}.{respelled(body)}.{signature}"
    yield f"{head}.{body[:-1]}.{signature}"
    yield f"{head}..{signature}"
    yield f"{head}.{encode(b'[]')}.{signature}"
    yield sign(text_of(access_claims()).encode("utf-16-le"), header={"iss": ISSUER})


def misshapen() -> Iterator[str]:
    good = sign()
    head, body, signature = good.split(".")
    yield f"{head}.{body}.{signature}.{signature}"
    yield f"{head}.{body}"
    yield f".{good}"
    yield f"{good}."
    yield f"..{signature}"
    yield f"{encode(b' ')}{head}.{body}.{signature}"
    yield head


def no_token() -> Iterator[str]:
    good = sign()
    head, body, signature = good.split(".")
    yield f"{head}=.{body}.{signature}"
    yield f"{head}.{body}==.{signature}"
    yield f"{head} .{body}.{signature}"
    yield f"{head}.\n{body}.{signature}"
    yield f"{head}.{body}.{signature[:9]}\t{signature[9:]}"
    yield json.dumps({"protected": head, "payload": body, "signature": signature})


def huge() -> Iterator[str]:
    yield claiming(groups=["x" * 100] * 200)
    yield sign(header={"x": "x" * 13_000})


def large_header() -> Iterator[str]:
    yield sign(header={"x": "x" * 7_000})
