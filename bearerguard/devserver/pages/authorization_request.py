"""Read an authorization request (RFC 6749 sections 4.1.1 and 4.2.1, RFC 7636 section 4.3).

First who asks and where the answer goes; only what is found after that is told to the application.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from werkzeug.datastructures import MultiDict

from bearerguard.devserver.oauth.models import Client
from bearerguard.devserver.pages.shown import Unanswerable
from bearerguard.devserver.pages.targets import ErrorAnswer, Target
from bearerguard.devserver.parameters import BadParameter, checked
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import Application
from bearerguard.devserver.settings import AccessType
from bearerguard.wire.scope import parse_scopes

ACCESS_TYPES: tuple[str, ...] = get_args(AccessType)
WHO = ("client_id", "redirect_uri")
HOW = (
    "response_type",
    "scope",
    "access_type",
    "approval_prompt",
    "code_challenge",
    "code_challenge_method",
)
_CHALLENGE = {
    "plain": re.compile(r"[A-Za-z0-9\-._~]{43,128}"),  # RFC 7636 section 4.1
    "S256": re.compile(r"[A-Za-z0-9\-_]{43}"),  # a SHA-256 always has this length
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request that can be granted; `parameters` are those of it that were checked, as they came."""

    application: Application
    target: Target
    scopes: tuple[str, ...]
    offline: bool
    must_ask: bool
    parameters: Mapping[str, str]


def read_authorization_request(parts: Parts, query: MultiDict[str, str]) -> AuthorizationRequest:
    """Read the parameters in the URL. Raises Unanswerable, ErrorAnswer."""
    application, who = _who(parts, query)
    target = _target(parts, application, who, query)
    try:
        how = checked(query, HOW)
        _check_response_type(parts, application, target, how)
        _check_challenge(parts, application, target, how)
        scopes = _scopes(parts, application, target, how)
        access_type = _one_of(how, "access_type", ACCESS_TYPES, parts.settings.default_access_type)
        approval_prompt = _one_of(how, "approval_prompt", ("auto", "force"), "auto")
    except BadParameter as error:
        raise ErrorAnswer(target, "invalid_request", str(error)) from error
    is_code = how["response_type"] == "code"
    return AuthorizationRequest(
        application=application,
        target=target,
        scopes=scopes,
        # As MusicBrainz has it: what is installed works while its user is away.
        offline=is_code and (access_type == "offline" or application.installed),
        # Anybody can call himself a public application, so that a person has to look (RFC 8252 section 8.6).
        must_ask=approval_prompt == "force" or not application.is_confidential,
        parameters=who | how | ({} if target.state is None else {"state": target.state}),
    )


def _who(parts: Parts, query: MultiDict[str, str]) -> tuple[Application, dict[str, str]]:
    try:
        who = checked(query, WHO)
    except BadParameter as error:
        raise Unanswerable("invalid_request", str(error)) from error
    if "client_id" not in who:
        raise Unanswerable("invalid_request", "Required parameter is missing: client_id")
    application = parts.applications.find(who["client_id"])
    if application is None:
        raise Unanswerable("unauthorized_client", "No application with this client_id is registered here.")
    return application, who


def _target(
    parts: Parts, application: Application, who: Mapping[str, str], query: MultiDict[str, str]
) -> Target:
    redirect_uri = _redirect_uri(application, who)
    in_fragment = query.getlist("response_type") == ["token"]
    try:
        state = checked(query, ("state",)).get("state")
    except BadParameter as error:
        target = Target(redirect_uri=redirect_uri, in_fragment=in_fragment)
        raise ErrorAnswer(target, "invalid_request", str(error)) from error
    return Target(redirect_uri=redirect_uri, state=state, in_fragment=in_fragment)


def _redirect_uri(application: Application, who: Mapping[str, str]) -> str:
    client = Client(application)
    redirect_uri = who.get("redirect_uri")
    if redirect_uri is None:
        only = client.get_default_redirect_uri()
        if not only:
            raise Unanswerable("invalid_request", "Required parameter is missing: redirect_uri")
        return str(only)
    if not client.check_redirect_uri(redirect_uri):
        raise Unanswerable(
            "invalid_request", "The redirect_uri is not one that is registered for this application."
        )
    return redirect_uri


def _check_response_type(
    parts: Parts, application: Application, target: Target, how: Mapping[str, str]
) -> None:
    response_type = _required(how, "response_type")
    if response_type == "code":
        return
    if response_type != "token" or not parts.settings.allow_implicit:
        raise ErrorAnswer(target, "unsupported_response_type", "This server answers response_type=code.")
    if application.is_confidential:
        raise ErrorAnswer(
            target, "unauthorized_client", "Only public applications may use response_type=token."
        )
    if target.is_oob:
        raise BadParameter("response_type", "A page cannot show a token: use response_type=code.")


def _check_challenge(parts: Parts, application: Application, target: Target, how: Mapping[str, str]) -> None:
    if how["response_type"] != "code":
        return
    challenge, method = how.get("code_challenge"), how.get("code_challenge_method", "plain")
    if challenge is None:
        if "code_challenge_method" in how:
            raise BadParameter("code_challenge", "Required parameter is missing: code_challenge")
        if not application.is_confidential and not parts.settings.pkce_optional:
            raise BadParameter("code_challenge", "A public application must send a code_challenge.")
        return
    if method not in _CHALLENGE:
        raise BadParameter("code_challenge_method", "The code_challenge_method must be S256 or plain.")
    if _CHALLENGE[method].fullmatch(challenge) is None:
        raise BadParameter("code_challenge", f"The code_challenge is not one of the method {method}.")


def _scopes(
    parts: Parts, application: Application, target: Target, how: Mapping[str, str]
) -> tuple[str, ...]:
    try:
        scopes = tuple(dict.fromkeys(parse_scopes(_required(how, "scope"))))
    except ValueError as error:
        raise ErrorAnswer(
            target, "invalid_scope", "The scope must be names separated by single spaces."
        ) from error
    allowed = parts.settings.scopes.keys() if application.scopes is None else application.scopes
    if not parts.settings.scopes.keys() >= set(scopes):
        raise ErrorAnswer(target, "invalid_scope", "The scope has a name that this server does not know.")
    if not set(scopes) <= allowed:
        raise ErrorAnswer(
            target, "invalid_scope", "The scope has a name that this application may not ask for."
        )
    return scopes


def _required(how: Mapping[str, str], name: str) -> str:
    if name not in how:
        raise BadParameter(name, f"Required parameter is missing: {name}")
    return how[name]


def _one_of(how: Mapping[str, str], name: str, values: tuple[str, ...], default: str) -> str:
    value = how.get(name, default)
    if value not in values:
        raise BadParameter(name, f"The {name} must be {' or '.join(values)}.")
    return value
