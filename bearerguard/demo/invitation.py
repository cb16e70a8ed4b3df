"""Command lines to go on with: they work as they are pasted, for as long as the demo waits."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from urllib.request import getproxies

from bearerguard.demo.guard import MAX_AGE_SECONDS
from bearerguard.demo.stage import Stage


def invitation(stage: Stage) -> Iterator[str]:
    """Give comments and commands, line by line. The tokens die with the demo."""
    asgi, wsgi = stage.services
    token = stage.tokens.alice
    # A proxy from the environment would be asked for 127.0.0.1, and mean itself by that.
    curl = (
        f"curl -i{' --noproxy 127.0.0.1' if getproxies() else ''} --cacert {shlex.quote(str(stage.ca_file))}"
    )
    yield f"# {asgi.name}: who am I?"
    yield f'{curl} -H "Authorization: Bearer {token}" {asgi.url}/oauth2/userinfo'
    yield f"# {wsgi.name}: add a tag, with the token in the form"
    yield f"{curl} -d access_token={token} -d tag=jazz {wsgi.url}/ws/2/tag"
    yield f"# {wsgi.name}: read the tags, with the token in the query string"
    yield f'{curl} "{wsgi.url}/ws/2/tag?access_token={token}"'
    yield f"# {asgi.name}: without a token"
    yield f"{curl} {asgi.url}/ws/2/tag"
    yield f"# {wsgi.name}: who am I, with a token of the authorization server?"
    yield f'{curl} -H "Authorization: Bearer {stage.tokens.grace}" {wsgi.url}/oauth2/userinfo'
    yield f"# Revoke alice's token, and {MAX_AGE_SECONDS:.0f} s later none with it passes any more"
    store = shlex.quote(str(stage.store_file))
    yield f"{shlex.quote(sys.executable)} -m bearerguard token revoke --store {store} --user alice"
