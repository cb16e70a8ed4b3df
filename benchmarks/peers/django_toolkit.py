"""django-oauth-toolkit on a project of its own, in SQLite with the connection kept open.

The same view without protection, and as our decorator asks for a scope there. One process has one
Django: `set_up` first, then as many applications as there are lists of middleware.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bearerguard import ResourceServer

OURS_IN_THE_LIST = ["bearerguard.adapters.django.BearerGuardMiddleware"]
TOOLKIT_IN_THE_LIST = ["oauth2_provider.middleware.OAuth2TokenMiddleware"]
APPS = ["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]


def set_up(folder: Path, server: ResourceServer) -> None:
    """Configure Django, and make the tables."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        ALLOWED_HOSTS=["api.example.org"],
        AUTHENTICATION_BACKENDS=["oauth2_provider.backends.OAuth2Backend"],
        BEARERGUARD={"server": server},
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "toolkit.db"),
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=APPS,
        MIDDLEWARE=[],
        MIGRATION_MODULES={name.rpartition(".")[2]: None for name in APPS},  # tables at once, with no history
        OAUTH2_PROVIDER={"SCOPES": {"tag": "Tag", "rating": "Rate"}},
        ROOT_URLCONF="benchmarks.peers.django_urls",
        SECRET_KEY="benchmark",
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def add_tokens(tokens: Iterable[str], *, expires_at: float) -> None:
    """Issue these tokens to one user of one application."""
    from django.contrib.auth.models import User
    from django.db import transaction
    from oauth2_provider.models import AccessToken, Application

    alice = User.objects.create(username="alice")
    application = Application.objects.create(
        name="app",
        user=alice,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris="https://app.example.org/",
    )
    expires = datetime.fromtimestamp(expires_at, UTC)
    with transaction.atomic():
        for token in tokens:
            AccessToken.objects.create(
                user=alice, application=application, token=token, scope="tag rating", expires=expires
            )


def application(middleware: Sequence[str] = ()) -> Any:
    """Give the project as a WSGI application, with this list of middleware."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    settings.MIDDLEWARE = list(middleware)  # which a handler reads once, when it is made
    return WSGIHandler()
