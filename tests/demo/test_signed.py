"""The rows of the signed tokens: each of their promises can be broken, and is then told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

pytest.importorskip("rich")
pytest.importorskip("trustme")

from bearerguard import ResourceServer
from bearerguard.demo import guard, waiting
from bearerguard.demo.authorizing import AuthorizationServer
from bearerguard.demo.signed import OTHER_RESOURCE, signed_tokens
from bearerguard.demo.signing import Signer
from bearerguard.demo.stage import stage
from bearerguard.demo.wallet import RESOURCE

PASSED = "Starlette: status: expected 401, came 200"
REFUSED = "Starlette: status: expected 200, came 401"


def nobody_verifies(verifiers: Any, *, otherwise: Any) -> Any:
    return otherwise


def publish_once() -> Callable[[AuthorizationServer, Any], None]:
    """Give a `publish` that does nothing from the second time on."""
    publish = AuthorizationServer.publish

    def once(server: AuthorizationServer, keys: Any) -> None:
        if not server._keys["keys"]:
            publish(server, keys)

    return once


BROKEN: Mapping[str, tuple[Mapping[str, object], Mapping[str, str]]] = {
    "signed tokens are asked about as well": (
        {"demo.guard.ByIssuer": nobody_verifies},
        {"a signed token (JWT)": REFUSED, "one signed by a new key": REFUSED},
    ),
    "tokens for others pass, and forged ones": (
        {
            "demo.guard.ResourceServer": partial(ResourceServer, audiences=[RESOURCE, OTHER_RESOURCE]),
            "demo.signing.Signer.forge_unsigned": Signer.sign,
            "demo.signing.Signer.forge_with_public_key": Signer.sign,
        },
        {
            "one for another API": PASSED,
            "forged: not signed, alg none": PASSED,
            "forged: HS256, the public key": PASSED,
        },
    ),
    "keys never change": (
        {"demo.authorizing.AuthorizationServer.publish": publish_once()},
        {
            "one signed by a new key": REFUSED,
            "one by the old key, withdrawn": PASSED,
            "the first, though it was cached": PASSED,
        },
    ),
    "the cache does not hear of it": (
        {
            "demo.guard.JwtVerifier.subscribe": lambda verifier, listener: None,
            "keys.remote.RemoteKeys.good_for_seconds": lambda keys: None,  # nor keeps a token for less long
        },
        {"the first, though it was cached": PASSED},
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_promise_that_is_not_kept_is_a_surprise(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """A row whose verdict could not turn out the other way would show nothing; the other rows stay good."""
    settings, expected = BROKEN[broken]
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(guard, "KEY_AGE_SECONDS", 0.3)
    for setting, value in settings.items():
        monkeypatch.setattr(f"bearerguard.{setting}", value)
    with stage() as built:
        rows = list(signed_tokens(built))
    assert expected == {row.sent: row.surprises[0] for row in rows if row.surprises}
