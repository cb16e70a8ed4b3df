"""Whose signatures we accept (RFC 7517): the door."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol

from bearerguard.flow import Flow, Step

__all__ = ["ALGORITHMS", "Key", "Keys"]

# RFC 7518 section 3, RFC 8037 and RFC 9864. None of them is symmetric, and `none` is no algorithm.
ALGORITHMS: Final = frozenset(
    {
        *("RS256", "RS384", "RS512"),
        *("PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512"),
        *("Ed25519", "Ed448", "EdDSA"),
    }
)
"""The JWS algorithms that a key may fit."""


class Key(Protocol):
    """One public key, checked and ready for use."""

    @property
    def kid(self) -> str | None:
        """What its issuer calls it; None where it has no name."""

    def fits(self, algorithm: str) -> bool:
        """Tell whether signatures of this JWS algorithm may be this key's.

        Its kind, curve, size, `alg`, `use` and `key_ops` must all agree.
        """

    def verify(self, algorithm: str, signing_input: bytes, signature: bytes) -> bool:
        """Tell whether this is the key's signature; False too where the algorithm does not fit.

        Needs the processor only. Never raises for a bad signature.
        """


class Keys(ABC):
    """The public keys of one issuer."""

    @abstractmethod
    def find(self, kid: str | None, algorithm: str) -> Step[Sequence[Key]]:
        """Find the keys that may have made a signature: a tuple at once where nothing has to be fetched.

        Each of them fits the algorithm, there are few of them, and () says that there is none. Without
        a `kid` that is every key that fits. An unknown `kid` may cost a fetch, at most one in a while:
        so ask last, for a token that is good in everything else.

        Raises Unavailable where no keys are to be had.
        """

    def good_for_seconds(self) -> float | None:
        """Say for how long a cache may go by them before it asks again, so that they are fetched in time.

        None where that is never needed.
        """
        return None

    def warm_up(self) -> Flow[None]:
        """Fetch what will be needed, so that the first request does not wait; a failure is only logged."""
        yield from ()

    def close(self) -> Flow[None]:
        """Let go of what outlives a request, such as connections; the next request opens new ones."""
        yield from ()

    def ports(self) -> Iterable[Callable[..., Any]]:
        """The functions that a flow of ours calls, so that an async one under WSGI is found at start."""
        return ()

    def subscribe(self, listener: Callable[[], None]) -> None:  # noqa: B027 - may be nothing
        """Have it told when a key was taken away or replaced: what it had signed is good no more."""
