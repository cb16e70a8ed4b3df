"""docs/configuration.md: its tables are the signatures."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

import bearerguard
from bearerguard import AccessToken, Bearer, Decision, Reason, ResourceServer
from bearerguard.clients.httpx import HttpxClient
from bearerguard.stores import issue
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.revocations import (
    revocation_of_client,
    revocation_of_jti,
    revocation_of_subject,
    revocation_of_token,
)
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.docs.pages import DOCS, prose_of, tables_of

PAGE = DOCS / "configuration.md"
REQUIRED = "required"
WITH_TABLES: dict[str, Callable[..., Any]] = {
    name: getattr(bearerguard, name)
    for name in (
        "ResourceServer",
        "ScopeTree",
        "Bearer",
        "StoredTokens",
        "Introspection",
        "JwtVerifier",
        "Issuer",
        "ByIssuer",
        "RevokedTokens",
        "ClientSecretBasic",
        "ClientSecretPost",
        "ClientBearerToken",
        "Cached",
        "FirstMatch",
        "FromFunction",
        "RevokeIn",
        "AsgiMiddleware",
        "WsgiMiddleware",
    )
} | {
    "ResourceServer.for_issuer": ResourceServer.for_issuer,
    "HttpxClient": HttpxClient,
    "SqliteTokenStore": SqliteTokenStore,
    "MemoryTokenStore": MemoryTokenStore,
    "issue": issue,
    "revocation_of_token": revocation_of_token,
    "revocation_of_jti": revocation_of_jti,
    "revocation_of_subject": revocation_of_subject,
    "revocation_of_client": revocation_of_client,
}


@pytest.mark.parametrize("name", WITH_TABLES)
def test_a_table_has_each_parameter_with_its_default(name: str) -> None:
    """Names, order and defaults are those of the code."""
    parameters = inspect.signature(WITH_TABLES[name]).parameters.values()
    assert [(str(one).partition(":")[0], _text(one.default)) for one in parameters] == [
        (row[0].strip("`"), _text(_value(row[2]))) for row in _rows_of(name)[1:]
    ]


def test_the_table_of_a_decision_has_each_of_its_fields() -> None:
    """Whoever writes a listener finds everything that it hears."""
    fields = list(inspect.signature(Decision).parameters)
    assert fields == [row[0].strip("`") for row in _rows_of("Decision")[1 : len(fields) + 1]]


def test_the_reasons_are_those_that_there_are() -> None:
    """Whoever counts refusals by reason finds every one."""
    reasons = [row[0].strip("`") for row in _rows_of("Decision") if len(row) == 2]
    start = reasons.index("reason", 1 + reasons.index("reason"))
    assert [reason.value for reason in Reason] == reasons[start + 1 :]


def test_the_facts_of_an_access_token_are_all_there() -> None:
    """Whoever writes a function that gives one finds each."""
    sentence = prose_of(PAGE).split("`AccessToken` takes the facts: ")[1].partition(". ")[0]
    assert list(inspect.signature(AccessToken).parameters) == re.findall(r"`(\w+)`", sentence)


def _rows_of(name: str) -> list[list[str]]:
    section = re.split(rf"(?m)^##+ {name}$", prose_of(PAGE))[1]
    return tables_of(re.split(r"(?m)^##+ ", section)[0])


def _value(default: str) -> Any:
    text = default.strip("`")
    if text in (REQUIRED, "none"):  # the latter of `**settings`
        return inspect.Parameter.empty
    return eval(text, {"time": time, "Bearer": Bearer})  # noqa: S307 - our own page


def _text(default: Any) -> str:
    # Two schemes of the same settings are two objects.
    return re.sub(r" at 0x[0-9a-f]+", "", repr(default))
