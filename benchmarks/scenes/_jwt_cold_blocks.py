"""Verify signed tokens that nobody knows: joserfc's bare call, PyJWT's, our verifier, a whole request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from importlib.util import find_spec

from joserfc import jws

from bearerguard import JwtVerifier
from bearerguard.credentials import Credentials
from bearerguard.flow import run as finish
from bearerguard.keys.static import StaticKeys
from benchmarks.introspection_shared import RESOURCE
from benchmarks.scenes._cold_blocks import (
    Block,
    bare_block,
    check_cold,
    guarded_asgi,
    guarded_wsgi,
    new_server,
    refuse_what_was_known,
    take_turns,
)
from benchmarks.scenes._cold_cases import Call, Cold, in_circles
from benchmarks.signed import ISSUER, MAKERS, Issuer
from benchmarks.suite import Measurement, Run

JOSERFC, PYJWT = "joserfc", "PyJWT"
VERIFIER, ASGI, WSGI = (
    "bearerguard's verifier",
    "bearerguard, a request (ASGI)",
    "bearerguard, a request (WSGI)",
)
UNIT = "µs"
NO_PYJWT = "Not installed: PyJWT."
FEW_TOKENS = 50  # nothing remembers any of them
REQUESTS = 20  # in a block
OLD_NAMES = {"Ed25519": "EdDSA"}  # as PyJWT, which does not know RFC 9864, calls the same


def measure(run: Run) -> Iterator[Measurement]:
    loop = asyncio.new_event_loop()
    for algorithm in MAKERS:
        if run.may_begin(algorithm):
            run.tell(algorithm)
            blocks = blocks_of(Issuer(algorithm), loop)
            if PYJWT not in blocks:
                yield Measurement(case=algorithm, subject=PYJWT, unit=UNIT, missing=NO_PYJWT)
            yield from join(algorithm, take_turns(blocks, run.choose(900, 30) / 100))
    loop.close()


def join(algorithm: str, taken: dict[str, list[float]]) -> Iterator[Measurement]:
    for subject, values in taken.items():
        yield Measurement(
            case=algorithm,
            subject=subject,
            unit=UNIT,
            values=tuple(1e6 * value for value in values),
            versus=None if subject == JOSERFC else JOSERFC,
        )


def blocks_of(issuer: Issuer, loop: asyncio.AbstractEventLoop) -> dict[str, Block]:
    tokens = issuer.sign(FEW_TOKENS)
    verifier = JwtVerifier(issuer=ISSUER, keys=StaticKeys(issuer.key_set))
    calls = {JOSERFC: joserfc_call(issuer), VERIFIER: verifier_call(verifier)}
    if find_spec("jwt") is not None:
        calls[PYJWT] = pyjwt_call(issuer)
    colds = {
        name: Cold(tokens=in_circles(tokens), verifier=verifier, bare=call, requests=REQUESTS)
        for name, call in calls.items()
    }
    cold, server = colds[VERIFIER], new_server(colds[VERIFIER], caches=False)
    watched = new_server(cold, caches=False, on_decision=refuse_what_was_known)
    check_cold(guarded_wsgi(cold, watched, loop))
    blocks = {name: bare_block(one, "WSGI", loop) for name, one in colds.items()}
    return blocks | {ASGI: guarded_asgi(cold, server, loop), WSGI: guarded_wsgi(cold, server, loop)}


def joserfc_call(issuer: Issuer) -> Call:
    """Verify the signature with an imported key, and read the claims; `jwt.decode` costs a little more."""
    key, algorithms = issuer.public_key, [issuer.algorithm]

    def call(token: str) -> object:
        claims = json.loads(jws.deserialize_compact(token, key, algorithms=algorithms).payload)
        assert claims["iss"] == ISSUER
        return claims

    return call


def pyjwt_call(issuer: Issuer) -> Call:
    import jwt as pyjwt

    key, algorithms = issuer.public_key.public_key, [issuer.algorithm]
    if issuer.algorithm in OLD_NAMES:
        old = pyjwt.get_algorithm_by_name(OLD_NAMES[issuer.algorithm])
        pyjwt.register_algorithm(issuer.algorithm, old)

    def call(token: str) -> object:
        return pyjwt.decode(token, key, algorithms=algorithms, audience=RESOURCE, issuer=ISSUER)

    return call


def verifier_call(verifier: JwtVerifier) -> Call:
    def call(token: str) -> object:
        facts = finish(verifier.verify(Credentials("Bearer", token.encode("ascii"))))
        assert facts is not None
        return facts

    return call
