"""The guard at work: two services on https, an authorization server, and a judged row for each request.

Needs the extra: `pip install 'bearerguard[demo]'`. Without it, importing this is an ImportError.
"""

from bearerguard.demo.program import main

__all__ = ["main"]
