"""A verifier around another one: whatever it does not answer itself, the inner one does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bearerguard.errors import ConfigurationError, Reason
from bearerguard.flow import Flow
from bearerguard.stores.feed import Feed
from bearerguard.verifiers import Verifier


class Around(Verifier):
    """The base of `Cached` and `RevokedTokens`, which say themselves what they `recall` and `verify`."""

    def __init__(self, verifier: Verifier) -> None:
        if not isinstance(verifier, Verifier):
            raise ConfigurationError(f"{type(self).__name__} needs a verifier, such as StoredTokens(store)")
        self._verifier = verifier
        self.name, self.many = verifier.name, verifier.many
        self.final_prefix, self.only_issuer = verifier.final_prefix, verifier.only_issuer

    def explain(self, token: bytes) -> Reason:
        return self._verifier.explain(token)

    def rename(self, name: str) -> None:
        self.name = name
        self._verifier.rename(name)

    def warm_up(self) -> Flow[None]:
        return (yield from self._verifier.warm_up())

    def close(self) -> Flow[None]:
        return (yield from self._verifier.close())

    def ports(self) -> Iterable[Callable[..., Any]]:
        return self._verifier.ports()

    def feeds(self) -> Iterable[Feed]:
        return self._verifier.feeds()

    def subscribe(self, listener: Callable[[bytes | None], None]) -> None:
        self._verifier.subscribe(listener)
