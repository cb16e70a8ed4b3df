"""Build a verifier out of verifiers, or out of a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, Reason
from bearerguard.flow import Flow, call, takes
from bearerguard.outage import Outage
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._several import Several

Function = Callable[[str], "AccessToken | None"] | Callable[[str], Awaitable["AccessToken | None"]]


class FirstMatch(Several):
    """Ask each verifier in turn; the first that knows the token decides, for good or bad.

    A store with a prefix is asked before the others, wherever it stands in the list: what begins with it
    never travels to anybody else.
    """

    def __init__(self, verifiers: Sequence[Verifier]) -> None:
        given = tuple(verifiers) if isinstance(verifiers, Iterable) else ()
        if not given or not all(isinstance(one, Verifier) for one in given):
            raise ConfigurationError(
                "FirstMatch needs a list of at least one verifier; a store becomes one as StoredTokens(store)"
            )
        if len(set(map(id, given))) < len(given):
            raise ConfigurationError("FirstMatch needs each verifier once")
        given = tuple(sorted(given, key=lambda one: one.final_prefix is None))
        _check_reachable(given)
        super().__init__(given, name="first match")

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

    def explain(self, token: bytes) -> Reason:
        return self._verifiers[-1].explain(token)  # who was asked last


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
