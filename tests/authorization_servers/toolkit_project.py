"""A Django project with django-oauth-toolkit, to be served by gunicorn.

Everything that matters is as the toolkit comes: its urls, its views, its models. Its rows and its key
are in files of the folder named in AUTHORIZATION_SERVER_FOLDER, and so outlive the process.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from tests.authorization_servers.published_keys import PublishedKeys
from tests.authorization_servers.registered import (
    CALLBACK,
    CLIENTS,
    PASSWORD,
    SCOPES,
    USER,
    Client,
    lifetime_seconds,
)

FOLDER = Path(os.environ["AUTHORIZATION_SERVER_FOLDER"])
DATABASE = FOLDER / "toolkit.db"
APPS = {"django.contrib.contenttypes": "contenttypes", "django.contrib.auth": "auth"}

settings.configure(
    SECRET_KEY="for tests only",
    USE_TZ=True,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[*APPS, "oauth2_provider"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    LOGIN_URL="/login",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    MIGRATION_MODULES=dict.fromkeys([*APPS.values(), "oauth2_provider"]),  # tables at once, not step by step
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    # The default one is slow on purpose, and a secret is checked at every introspection.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    OAUTH2_PROVIDER={
        "SCOPES": dict.fromkeys((*SCOPES, "openid"), "-"),
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": PublishedKeys(FOLDER / "toolkit.json").newest_pem(),
        "EXTRA_SERVER_KWARGS": {
            "token_expires_in": lambda request: lifetime_seconds(request.client.client_id)
        },
    },
)
django.setup()

# Only now: these modules look at the settings.
from django.contrib.auth import login as log_in  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.urls import metadata_urlpatterns  # noqa: E402


def register(client: Client) -> None:
    """Make an application known."""
    Application.objects.create(
        client_id=client.client_id,
        client_secret=client.secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=client.grant.replace("_", "-"),
        redirect_uris=CALLBACK,
        skip_authorization=True,
        algorithm=Application.RS256_ALGORITHM,
    )


@csrf_exempt
def clients(request: HttpRequest) -> JsonResponse:
    """Register one more client; not of the toolkit, which wants a browser for it."""
    posted: Any = request.POST
    register(Client(posted["client_id"], posted["client_secret"]))
    return JsonResponse({}, status=201)


def login(request: HttpRequest) -> HttpResponseRedirect:
    """Log the user in who comes here, as a page with a form would, and send them back."""
    log_in(request, User.objects.get(username=USER))
    return HttpResponseRedirect(request.GET["next"])


urlpatterns = [
    path("oauth/", include("oauth2_provider.urls")),
    path("", include(metadata_urlpatterns)),  # as its documentation says: RFC 8414 wants them at the root
    path("clients", clients),
    path("login", login),
]

if not DATABASE.exists():
    call_command("migrate", run_syncdb=True, verbosity=0)
    User.objects.create_user(USER, password=PASSWORD)
    for one in CLIENTS:
        register(one)

application = get_wsgi_application()
