"""What gunicorn loads before it forks: a guard whose store has been asked already.

`gunicorn --preload tests.stores.preloaded:application`, with the store in BEARERGUARD_STORE and a good
token in GOOD_TOKEN. Each answer names the process and the database's own number of its connection.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from bearerguard import ResourceServer, StoredTokens, WsgiMiddleware
from bearerguard.stores import digest_of
from bearerguard.stores.sql import SqlTokenStore

STORE = SqlTokenStore(os.environ["BEARERGUARD_STORE"], create=False)


def connection_number() -> int:
    """Give the number by which the database knows the connection that reads."""
    [(connection, _)] = STORE._engines.blocking()[1]._idle
    driver: Any = connection.driver_connection
    number: int = driver.info.backend_pid if hasattr(driver, "info") else driver.thread_id()
    return number


STORE.find(digest_of(os.environ["GOOD_TOKEN"]))
MASTER = {"process": os.getpid(), "connection": connection_number()}


def say(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("content-type", "application/json")])
    worker = {"process": os.getpid(), "connection": connection_number()}
    return [json.dumps({"master": MASTER, "worker": worker}).encode()]


application = WsgiMiddleware(
    say,
    ResourceServer(
        resource="https://api.example",
        realm="api",
        verifier=StoredTokens(STORE),
        loopback_http=True,
    ),
)
