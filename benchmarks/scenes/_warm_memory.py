"""What one more token costs in the cache, its facts, its key and all."""

from __future__ import annotations

import tracemalloc

from bearerguard import WsgiMiddleware
from bearerguard.bench.applications import least_wsgi
from benchmarks.incoming import wsgi_requests
from benchmarks.scenes._warm_blocks import wsgi_block
from benchmarks.scenes._warm_cases import TOKENS, Issued


def bytes_per_token() -> float:
    """Let a cache see new tokens, and count the memory that is in use afterwards; an average."""
    issued = Issued(TOKENS)
    app = WsgiMiddleware(least_wsgi, issued.server)
    requests = wsgi_requests(issued.tokens)
    wsgi_block(app, requests[:1])
    tracemalloc.start()
    wsgi_block(app, requests[1:])
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / (TOKENS - 1)
