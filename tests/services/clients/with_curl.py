"""curl: it gets a token, and sends it in each of the three ways of RFC 6750 section 2."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from tests.services.clients.rows import PASSWORD, USER, Act, Reply, Request, Scene, Story

SECONDS = 20


def given(way: str) -> Story:
    """A token straight from the server, sent in this way."""

    def story(scene: Scene) -> Iterator[Act]:
        token = scene.dev.token(subject=USER, client_id="curl", scopes=[scene.service.scope])
        yield scene.as_user(lambda request, address: _send(scene, request, address, token, way))

    return story


def by_client_credentials(scene: Scene) -> Iterator[Act]:
    """A token that curl gets with an application's secret (RFC 6749 section 4.4)."""
    application = scene.register("curl")
    who = ("-u", f"{application.client_id}:{application.client_secret}")
    asked = ("-d", "grant_type=client_credentials", "--data-urlencode", f"scope={scene.service.scope}")
    token = json.loads(_curl(scene, scene.token_url, *who, *asked).body)["access_token"]
    yield scene.as_application(lambda request, address: _send(scene, request, address, token, "header"))


def digest(scene: Scene) -> Iterator[Act]:
    """No token: a name and a password (RFC 7616)."""
    who = ("--digest", "-u", f"{USER}:{PASSWORD}")
    yield scene.as_user(lambda request, address: _curl(scene, address + request.path, *who))


def _send(scene: Scene, request: Request, address: str, token: str, way: str) -> Reply:
    url = address + request.path
    if way == "form":
        return _curl(scene, url, "-d", f"access_token={token}")
    if way == "query":
        return _curl(scene, f"{url}?access_token={token}")
    options = ["-X", request.method, "-H", f"Authorization: Bearer {token}"]
    if request.json is not None:
        options += ["-H", "Content-Type: application/json", "-d", json.dumps(request.json)]
    return _curl(scene, url, *options)


def _curl(scene: Scene, url: str, *options: str) -> Reply:
    command = ["curl", "-s", "--cacert", str(scene.trusted), "-w", "\n%{http_code}", *options, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    body, _, status = done.stdout.rpartition("\n")
    return Reply(int(status), body)
