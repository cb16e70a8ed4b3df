"""Verify a signed access token by its issuer's keys (RFC 9068, RFC 8725)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from bearerguard.checks import check_clocks, check_names, check_switches
from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, InvalidToken, Reason
from bearerguard.flow import Flow
from bearerguard.keys import Key, Keys
from bearerguard.outage import Seldom
from bearerguard.token import AccessToken, limit_age
from bearerguard.urls import check_issuer
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._claims import ODD_SCOPES
from bearerguard.verifiers._jwt_reading import explain_other, read_jwt
from bearerguard.verifiers._jwt_rules import Rules, Statement
from bearerguard.verifiers._jwt_settings import (
    OWNER,
    PROFILE_TYPE,
    RequiredClaims,
    check_algorithms,
    check_keys,
    check_required_claims,
    check_types,
)
from bearerguard.wire.jws import CompactJws, looks_like_jws

logger = logging.getLogger("bearerguard")


class JwtVerifier(Verifier):
    """Signed access tokens of one issuer (RFC 9068), verified here by its public keys.

    A token whose `iss` is `issuer`, compared as a string, is judged for good or bad; every other one is
    somebody else's, and costs no look at a key. `keys` are `RemoteKeys` or `StaticKeys`. `algorithms` are
    the ones accepted, to which the key must agree. `typ` are the headers' types: "at+jwt", and by choice
    "JWT" (or none), in which other tokens of the same issuer have to be told apart: by our guess, or by
    `require_claims`, the names of claims that must be there, or a mapping to the text that each must be.

    `scopes_from` names the claim that holds the scopes, a text or a list such as `scp`, `roles` or
    `permissions`; by default that is `scope`, a text. `subject_from` names the one that says whom the
    token speaks for. `require_audience=False`, for plain JWTs only, lets one pass that names no audience.

    Raises ConfigurationError for everything that could not work. Does not: cache (wrap it in `Cached`),
    know of revocations (see `RevokedTokens`), or compare audiences and times, which the resource server
    does on every request; only for a token that is long over no keys are fetched.
    """

    def __init__(
        self,
        *,
        issuer: str,
        keys: Keys,
        algorithms: Collection[str] = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA"),
        typ: Collection[str] = ("at+jwt",),
        require_audience: bool = True,
        require_claims: RequiredClaims | None = None,
        scopes_from: str | None = None,
        subject_from: str | None = None,
        allow_loopback_http: bool = False,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_switches(OWNER, require_audience=require_audience, allow_loopback_http=allow_loopback_http)
        check_names(OWNER, scopes_from=scopes_from, subject_from=subject_from)
        check_clocks(OWNER, now=now, monotonic=monotonic)
        self._keys = check_keys(keys)
        self._rules = Rules(
            issuer=check_issuer(OWNER, issuer, allow_loopback_http=allow_loopback_http),
            algorithms=check_algorithms(algorithms),
            types=check_types(typ),
            require_audience=require_audience,
            require_claims=check_required_claims(require_claims),
            scopes_from=scopes_from,
            subject_from=subject_from,
            now=now,
        )
        if not require_audience and self._rules.types == {PROFILE_TYPE}:
            raise ConfigurationError(
                f'{OWNER}(require_audience=False) is for typ=("JWT",): an at+jwt always names its audience'
            )
        self._seldom = Seldom(monotonic)
        self.name = f"jwt:{issuer.partition('://')[2]}"
        self.only_issuer = issuer

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        return ASK if looks_like_jws(token) else None

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        unverified = read_jwt(credentials.token, self._rules.issuer)
        if unverified is None:
            return None
        jws = unverified.jws
        stated = self._rules.judge(jws.header, unverified.claims)
        _check_signature(jws, (yield from self._find_keys(jws, stated)))
        # From here on it is the issuer's word.
        facts = self._rules.vouch(stated, unverified.claims, verifier=self.name)
        is_odd = not facts.scopes and self._rules.has_odd_scopes(unverified.claims)
        if is_odd and self._seldom.is_news(ODD_SCOPES):
            logger.warning(ODD_SCOPES, self.name)
        return limit_age(facts, self._keys.good_for_seconds())

    def explain(self, token: bytes) -> Reason:
        return explain_other(token)

    def warm_up(self) -> Flow[None]:
        return (yield from self._keys.warm_up())

    def close(self) -> Flow[None]:
        return (yield from self._keys.close())

    def ports(self) -> Iterable[Callable[..., Any]]:
        return self._keys.ports()

    def subscribe(self, listener: Callable[[bytes | None], None]) -> None:
        self._keys.subscribe(lambda: listener(None))

    def _find_keys(self, jws: CompactJws, stated: Statement) -> Flow[Sequence[Key]]:
        step = self._keys.find(jws.header.get("kid"), jws.header["alg"])
        if isinstance(step, Sequence) and step:
            return step
        untimely = self._rules.find_untimely(stated)
        if untimely is not None:  # which the server would say too, so nothing is fetched for it
            raise InvalidToken(untimely)
        return step if isinstance(step, Sequence) else (yield from step)


def _check_signature(jws: CompactJws, keys: Sequence[Key]) -> None:  # (5)
    for key in keys:
        if key.verify(jws.header["alg"], jws.signing_input, jws.signature):
            return
    raise InvalidToken(Reason.BAD_SIGNATURE if keys else Reason.UNKNOWN_KEY)
