"""A guard that knows the development server by its name alone (RFC 8414): there is nothing to worry about."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from bearerguard import ClientSecretBasic, Issuer, ResourceServer
from bearerguard.cli import main
from bearerguard.clients.httpx import HttpxClient
from bearerguard.devserver import DevServer
from tests.signing import access_claims, sign
from tests.support import RESOURCE, App, AsgiEdge, WsgiEdge, bearer


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    with DevServer(tmp_path_factory.mktemp("devserver") / "dev.db") as dev:
        yield dev


def guard_of(dev: DevServer, **settings: Any) -> ResourceServer:
    issuer = Issuer(dev.issuer, http=HttpxClient(ca_file=dev.ca_file))
    return ResourceServer.for_issuer(issuer, resource=RESOURCE, **settings)


@pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=["asgi", "wsgi"])
def test_with_a_client_its_tokens_pass_and_nothing_is_an_error(
    dev: DevServer, edge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It has no keys, since its tokens are opaque; what only looks like a JWT of it gets 503."""
    api = dev.register("api")
    guard = guard_of(dev, client=ClientSecretBasic(api.client_id, api.client_secret or ""))
    guard.warm_up()
    guarded = edge.guard(App(), guard)
    tokens = [dev.token(subject="alice"), "bg_unknown"]
    assert [200, 401] == [edge.answer(guarded, headers=bearer(one)).status for one in tokens]
    assert [] == [record for record in caplog.records if record.levelno > logging.INFO]
    forged = sign(access_claims(iss=dev.issuer, aud=RESOURCE, exp=time.time() + 60))
    assert 503 == edge.answer(guarded, headers=bearer(forged)).status


def test_without_a_client_every_token_is_refused(dev: DevServer) -> None:
    """Nobody could tell whether it is good."""
    edge = WsgiEdge()
    guarded = edge.guard(App(), guard_of(dev))
    assert 401 == edge.answer(guarded, headers=bearer(dev.token(subject="alice"))).status


def test_the_command_says_that_it_has_no_keys(dev: DevServer) -> None:
    """3, as of any issuer whose signed tokens nobody could verify."""
    done = CliRunner().invoke(main, ["check", "--issuer", dev.issuer, "--ca-file", str(dev.ca_file)])
    assert (3, True) == (done.exit_code, f"{dev.issuer}/oauth2/introspect" in done.stdout)
    assert "jwks_uri                none\n" in done.stdout
