"""musicbrainzngs, unchanged: it knows HTTP Digest and no tokens."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.services.clients.rows import PASSWORD, USER, Act, Reply, Scene


def digest(scene: Scene) -> Iterator[Act]:
    """A collection of the editor's, and what a wrong password gets."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed", ResourceWarning)  # it never closes what it has read
        yield Act((lambda address: _ask(address, PASSWORD),))
        yield Act((lambda address: _ask(address, "a wrong password"),), "wrong password")
        gc.collect()  # here, where the warning is expected


def _ask(address: str, password: str) -> Reply:
    """It gives the content or raises; whose collection it is counts as the point of the answer."""
    import musicbrainzngs

    musicbrainzngs.set_hostname(urlsplit(address).netloc, use_https=True)
    musicbrainzngs.set_useragent("bearerguard-tests", "1", "https://musicbrainz.example")
    musicbrainzngs.set_rate_limit(False)
    musicbrainzngs.auth(USER, password)
    try:
        (collection,) = musicbrainzngs.get_collections()["collection-list"]
    except musicbrainzngs.AuthenticationError as refused:
        return Reply(refused.cause.code, json.dumps({"error": type(refused).__name__}))
    return Reply(200, json.dumps({"sub": collection["editor"]}))
