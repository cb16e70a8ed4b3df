"""`bearerguard check`: what would the guard say to this token, or of this issuer, and why?

The guard itself is asked, with a request that is made up around the token.
"""

from __future__ import annotations

import json
import time
from typing import Any

import click

from bearerguard.cli.failures import NOT_DONE, UNAVAILABLE
from bearerguard.cli.issuers import issuer_options, look_at, text_of
from bearerguard.cli.options import is_piped_in, json_option, open_store, read_token, scopes_of, store_option
from bearerguard.cli.presenting import card_of
from bearerguard.errors import InsufficientScope, InvalidToken, Reason, Refusal, Unavailable
from bearerguard.flow import run, settle
from bearerguard.issuer import Issuer
from bearerguard.request import ResourceRequest
from bearerguard.scopes import requirement
from bearerguard.server import ResourceServer
from bearerguard.stores import TokenAdministration, TokenStore, digest_of
from bearerguard.token import Authentication
from bearerguard.verifiers.stored import StoredTokens
from bearerguard.wire.jws import looks_like_jws
from bearerguard.wire.local_token import DEFAULT_PREFIX

_EXPLANATIONS = {
    Reason.UNKNOWN: "no such token in this store: another store, or it was purged",
    Reason.BAD_CHECKSUM: "it looks like one of ours, but its checksum is wrong: a typing error, or cut short",
    Reason.REVOKED: "it was revoked",
    Reason.EXPIRED: "it has expired",
}


@click.command()
@store_option
@click.option(
    "--scope", "scopes", multiple=True, help='What the route asks for: "tag rating". May be repeated.'
)
@click.option("--prefix", default=DEFAULT_PREFIX, show_default=True, help="As in StoredTokens(prefix=...).")
@click.option("--any-form", is_flag=True, help="As StoredTokens(prefix=None), for imported tokens.")
@issuer_options
@json_option
@click.pass_context
def check(
    context: click.Context,
    place: str,
    scopes: tuple[str, ...],
    prefix: str,
    any_form: bool,
    as_json: bool,
    issuer: Issuer | None,
) -> None:
    """Read a token from standard input and explain what the guard would say, and why.

    The token is asked for without an echo, or piped in. It is never an argument. With --issuer no token
    is read: an authorization server is asked for its metadata and its keys.
    """
    if issuer is not None:
        if scopes or any_form:
            raise click.UsageError(
                "--issuer looks at no token, so --scope and --any-form say nothing with it."
            )
        if is_piped_in():
            raise click.UsageError("--issuer looks at no token: give it </dev/null, or leave --issuer out.")
        found = look_at(issuer)
        click.echo(json.dumps(found) if as_json else text_of(found))
        context.exit(0 if found["keys"] else UNAVAILABLE)
    store = open_store(place)
    token = read_token()
    verdict = _judge(store, token, scopes, prefix=None if any_form else prefix)
    click.echo(json.dumps(verdict) if as_json else _text(verdict, _card_of(store, token)))
    context.exit({200: 0, Unavailable.status: UNAVAILABLE}.get(verdict["status"], NOT_DONE))


def _judge(store: TokenStore, token: str, scopes: tuple[str, ...], *, prefix: str | None) -> dict[str, Any]:
    server = ResourceServer(
        resource="https://check.invalid",
        realm="check",
        verifier=StoredTokens(store, prefix=prefix),
    )
    try:
        authentication = _ask(server, _Request(token), scopes_of(scopes))
    except (Refusal, Unavailable) as error:
        verdict = _refused(server, error)
        if isinstance(error, InvalidToken) and prefix is not None and not token.startswith(prefix):
            verdict["why"] = _why_not_ours(token, prefix)
        return verdict
    return {"status": 200, "answer": "good", "why": _admission(authentication), "challenge": None}


class _Request(ResourceRequest):
    """A GET over https with nothing but the token in its header: there is no body to read."""

    method = "GET"
    scheme = "https"
    path = "/"
    authority = "check.invalid"
    peer = None
    query = b""

    def __init__(self, token: str) -> None:
        self._authorization = (b"Bearer " + token.encode("utf-8", "surrogateescape"),)

    def authorization(self) -> tuple[bytes, ...]:
        return self._authorization

    def field(self, name: str) -> None:
        return None

    def has_forwarded_field(self) -> bool:
        return False

    def replace_query(self, query: bytes) -> None:
        """There is none."""


def _ask(server: ResourceServer, request: _Request, scopes: tuple[str, ...]) -> Authentication | None:
    authentication = run(settle(server.authenticate(request), Authentication))
    server.authorize(authentication, requirement(*scopes))
    return authentication


def _refused(server: ResourceServer, error: Refusal | Unavailable) -> dict[str, Any]:
    headers = dict(server.respond(error).headers)
    return {
        "status": error.status,
        "answer": "bad" if isinstance(error, Refusal) else "cannot tell",
        "why": _why(error),
        "challenge": headers.get("www-authenticate"),
    }


def _why(error: Refusal | Unavailable) -> str:
    if isinstance(error, InvalidToken):
        return _EXPLANATIONS.get(error.reason, error.reason.value)
    if isinstance(error, InsufficientScope):
        return f"the token is good, but the route asks for all of: {' '.join(error.scopes)}"
    return str(error)


def _why_not_ours(token: str, prefix: str) -> str:
    if looks_like_jws(token.encode("utf-8", "surrogateescape")):
        return "it looks like a JWT, and check knows the store's tokens alone; for its issuer see --issuer"
    return f"it does not begin with {prefix!r}: see --prefix, or --any-form"


def _admission(authentication: Authentication | None) -> str:
    scopes = sorted(authentication.scopes) if authentication is not None else ()
    return f"it passes, with the scopes: {' '.join(scopes) or 'none'}"


def _card_of(store: TokenAdministration, token: str) -> str | None:
    try:
        record = store.find(digest_of(token))
        if record is None:
            return None
        return card_of(record, time.time(), store.last_uses([record.digest]).get(record.digest))
    except Unavailable:
        return None  # which the verdict has said already


def _text(verdict: dict[str, Any], card: str | None) -> str:
    lines = [f"{verdict['status']} {verdict['answer']}: {verdict['why']}"]
    if verdict["challenge"]:
        lines.append(f"WWW-Authenticate: {verdict['challenge']}")
    if card is not None:
        lines += ["", card]
    return "\n".join(lines)
