"""Verifiers beside each other: what concerns all of them is passed on to each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bearerguard.flow import Flow
from bearerguard.stores.feed import Feed
from bearerguard.verifiers import Verifier


class Several(Verifier):
    """The base of `FirstMatch` and `ByIssuer`, which say themselves who is asked about a token."""

    def __init__(self, verifiers: Sequence[Verifier], *, name: str) -> None:
        self._verifiers = tuple(verifiers)
        _tell_apart(self._verifiers)
        self.name = name
        self.many = len(self._verifiers) > 1 or self._verifiers[0].many
        self.cached = any(one.cached for one in self._verifiers)

    def rename(self, name: str) -> None:
        self.name = name
        for verifier in self._verifiers:
            verifier.rename(f"{name}/{verifier.name}")

    def ports(self) -> Iterable[Callable[..., Any]]:
        return [port for verifier in self._verifiers for port in verifier.ports()]

    def warm_up(self) -> Flow[None]:
        for verifier in self._verifiers:
            yield from verifier.warm_up()

    def close(self) -> Flow[None]:
        for verifier in self._verifiers:
            yield from verifier.close()

    def feeds(self) -> Iterable[Feed]:
        return [feed for verifier in self._verifiers for feed in verifier.feeds()]

    def subscribe(self, listener: Callable[[bytes | None], None]) -> None:
        for verifier in self._verifiers:
            verifier.subscribe(listener)


def _tell_apart(verifiers: Sequence[Verifier]) -> None:
    """Number verifiers of one name: theirs is part of a user's identity where no issuer is."""
    seen: dict[str, int] = {}
    for verifier in verifiers:
        name = verifier.name
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            verifier.rename(f"{name}#{seen[name]}")
