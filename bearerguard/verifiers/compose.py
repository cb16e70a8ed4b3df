"""Build a verifier out of verifiers, or out of a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError
from bearerguard.flow import Flow, call, takes
from bearerguard.outage import Outage
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier

Function = Callable[[str], "AccessToken | None"] | Callable[[str], Awaitable["AccessToken | None"]]


class FirstMatch(Verifier):
    """Ask each verifier in turn; the first that knows the token decides, for good or bad.

    A store with a prefix is asked before the others, wherever it stands in the list: what begins with it
    never travels to anybody else.
    """

    def __init__(self, verifiers: Sequence[Verifier]) -> None:
        self._verifiers = tuple(verifiers) if isinstance(verifiers, Iterable) else ()
        if not self._verifiers or not all(isinstance(one, Verifier) for one in self._verifiers):
            raise ConfigurationError(
                "FirstMatch needs a list of at least one verifier; a store becomes one as StoredTokens(store)"
            )
        if len(set(map(id, self._verifiers))) < len(self._verifiers):
            raise ConfigurationError("FirstMatch needs each verifier once")
        self._verifiers = tuple(sorted(self._verifiers, key=lambda one: one.final_prefix is None))
        _check_reachable(self._verifiers)
        _tell_apart(self._verifiers)
        self.name = "first match"
        self.many = len(self._verifiers) > 1 or self._verifiers[0].many
        self.cached = any(one.cached for one in self._verifiers)

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        for verifier in self._verifiers:
            known = verifier.recall(token)
            if known is not None:
                return known
        return None

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        for verifier in self._verifiers:
            known = verifier.recall(credentials.token)
            if known is ASK:
                known = yield from verifier.verify(credentials)
            if known is not None:
                return known
        return None

    def rename(self, name: str) -> None:
        self.name = name
        for verifier in self._verifiers:
            verifier.rename(f"{name}/{verifier.name}")

    def ports(self) -> Iterable[Callable[..., Any]]:
        return [port for verifier in self._verifiers for port in verifier.ports()]

    def close(self) -> Flow[None]:
        for verifier in self._verifiers:
            yield from verifier.close()

    def subscribe(self, listener: Callable[[bytes | None], None]) -> None:
        for verifier in self._verifiers:
            verifier.subscribe(listener)


class FromFunction(Verifier):
    """Verify by a function of your own: token in, AccessToken or None out, `def` or `async def`.

    The function may raise InvalidToken or Unavailable. A plain `def` runs in a thread under ASGI.
    """

    def __init__(self, function: Function, *, name: str | None = None) -> None:
        if not takes(function, 1):
            raise ConfigurationError("FromFunction needs a function: token in, AccessToken or None out")
        if name is not None and (not isinstance(name, str) or not name):
            raise ConfigurationError("FromFunction(name=...) must be a short text")
        self._function = function
        self.name = name or f"function:{getattr(function, '__name__', type(function).__name__)}"
        self._outage = Outage(self.name)

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        with self._outage.watch():
            facts: object = yield from call(self._function, credentials.token.decode("ascii"))
        if facts is not None and not isinstance(facts, AccessToken):
            raise TypeError(f"{self.name} must return an AccessToken or None, not {type(facts).__name__}")
        # A copy: a function may give the same object for several tokens, and one is kept for each.
        return facts and replace(facts, verifier=facts.verifier or self.name)

    def ports(self) -> Iterable[Callable[..., Any]]:
        return (self._function,)


def _tell_apart(verifiers: Sequence[Verifier]) -> None:
    """Number verifiers of one name: theirs is part of a user's identity where no issuer is."""
    seen: dict[str, int] = {}
    for verifier in verifiers:
        name = verifier.name
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            verifier.rename(f"{name}#{seen[name]}")


def _check_reachable(verifiers: Sequence[Verifier]) -> None:
    """Refuse a store behind another one whose answers are final for the same tokens."""
    taken: list[str] = []
    for verifier in verifiers:
        prefix = verifier.final_prefix
        if prefix is not None and prefix.startswith(tuple(taken)):
            raise ConfigurationError(
                f"FirstMatch would never ask its second store for tokens that begin with {prefix!r}: "
                "give each store a prefix of its own"
            )
        taken += [prefix] if prefix is not None else []
