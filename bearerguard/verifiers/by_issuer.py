"""Choose the verifier by the issuer that a signed token names (RFC 7519 section 4.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, Reason
from bearerguard.flow import Flow
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._jwt_reading import explain_other, parse_claims
from bearerguard.verifiers._several import Several
from bearerguard.wire.jws import find_payload, is_encrypted, is_other, looks_like_jws


class Identified(Protocol):
    """Something with an issuer's name, as an `Issuer` is."""

    @property
    def identifier(self) -> str:
        """The name, as tokens have it in `iss`."""


K = TypeVar("K", bound="str | Identified")


class ByIssuer(Several):
    """Ask the verifier of the issuer that a token names, for those who take the tokens of several.

    The name is unverified: it only chooses among `verifiers`, from an issuer's name (or an `Issuer`) to who
    verifies its tokens, compared as strings. Nobody is asked about a token of any other issuer. `otherwise`
    is asked about tokens that name none, such as opaque ones; None: nobody is. A signed token whose claims
    cannot be read is nobody's.

    Put `Cached` around it rather than into it, so that a token that is known need not be read again.

    Raises ConfigurationError. Does not: check that a verifier looks at the issuer; `JwtVerifier` does.
    """

    def __init__(self, verifiers: Mapping[K, Verifier], *, otherwise: Verifier | None = None) -> None:
        self._by_issuer = _check_verifiers(verifiers)
        if otherwise is not None and not isinstance(otherwise, Verifier):
            raise ConfigurationError("ByIssuer(otherwise=...) must be a verifier, such as Introspection(...)")
        self._otherwise = otherwise
        given = [*self._by_issuer.values(), *([] if otherwise is None else [otherwise])]
        distinct = {id(verifier): verifier for verifier in given}  # one may serve several issuers
        super().__init__(tuple(distinct.values()), name="by issuer")
        self.many = self.many or len(given) > 1
        self.final_prefix = None if otherwise is None else otherwise.final_prefix

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        if not self.cached and looks_like_jws(token):
            return ASK  # nobody remembers it, so it need not be read here as well
        chosen = self._choose(token)
        return None if chosen is None else chosen.recall(token)

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        chosen = self._choose(credentials.token)
        if chosen is None:
            return None
        known = chosen.recall(credentials.token)
        return (yield from chosen.verify(credentials)) if known is ASK else known

    def explain(self, token: bytes) -> Reason:
        chosen = self._choose(token)
        return explain_other(token) if chosen is None else chosen.explain(token)

    def _choose(self, token: bytes) -> Verifier | None:
        if not looks_like_jws(token):
            return self._otherwise
        if is_encrypted(token):
            return self._otherwise
        try:
            claims = parse_claims(find_payload(token) or b"")
        except ValueError:
            # Two readers may differ about whose it is, unless it is no JWT at all.
            return self._otherwise if is_other(token) else None
        if "iss" not in claims:
            return self._otherwise
        issuer = claims["iss"]
        return self._by_issuer.get(issuer) if isinstance(issuer, str) else None


def _check_verifiers(verifiers: Mapping[K, Verifier]) -> dict[str, Verifier]:
    named: dict[str, Verifier] = {}
    for key, verifier in verifiers.items() if isinstance(verifiers, Mapping) else ():
        issuer = key if isinstance(key, str) else getattr(key, "identifier", None)
        if type(issuer) is not str or not issuer:  # a subclass may have ideas of its own about equality
            raise ConfigurationError("ByIssuer needs issuers' names, as tokens have them in iss, or Issuers")
        if not isinstance(verifier, Verifier):
            raise ConfigurationError(
                "ByIssuer needs a verifier for each issuer, such as JwtVerifier(issuer=..., keys=...), "
                f"not {type(verifier).__name__}"
            )
        if issuer in named:
            raise ConfigurationError("ByIssuer was given one issuer twice, by its name and as an Issuer")
        if verifier.only_issuer not in (None, issuer):
            raise ConfigurationError(
                f"ByIssuer was given {verifier.only_issuer!r}'s verifier for {issuer!r}, "
                "whose tokens it refuses: give each issuer its own"
            )
        named[issuer] = verifier
    if not named:
        raise ConfigurationError(
            "ByIssuer needs a mapping from at least one issuer to its verifier, such as "
            '{"https://as.example.org": JwtVerifier(...)}'
        )
    return named
