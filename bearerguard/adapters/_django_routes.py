"""List the routes of a Django URLconf that ask for no scopes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from django.views.generic import View

from bearerguard.adapters._django_settings import read_settings
from bearerguard.adapters._views import is_guarded
from bearerguard.adapters._wrapped import Found, find_applications

_NOT_LITERAL = re.compile(r"[<(\[\\].*", re.DOTALL)

ANY = "*"  # a function view answers to every method, unless it says otherwise inside


def unprotected_routes(app: object = None) -> list[str]:
    """List the routes that neither say what they require nor are public, as "GET /path".

    Takes an application of Django's, guarded or not, or a URLconf by its module or dotted path; None
    is the project's ROOT_URLCONF. A function view is listed as "* /path". Public is what
    settings.BEARERGUARD and the middleware around the application name. Every other route is listed,
    also where anonymous requests are refused: any good token will do there, and `requires()` is the
    way to say that this is meant. What a dispatcher of Werkzeug's mounts beside Django is listed as
    "* /path/*".

    Does not: see checks inside a view, or marks that another decorator has hidden.
    """
    urlconf = app if isinstance(app, str | ModuleType) else None
    applications = [Found(None)] if urlconf else find_applications(app)
    projects = [found for found in applications if _is_django(found.app)] or applications[:1]
    whole = [line for found in applications if found not in projects for line in found.list_whole()]
    return sorted({*whole, *(line for project in projects for line in _list(project, urlconf))})


def _is_django(app: object) -> bool:
    return any(base.__module__.partition(".")[0] == "django" for base in type(app).__mro__)


def _list(project: Found, urlconf: str | ModuleType | None) -> Iterator[str]:
    if hasattr(settings, "BEARERGUARD"):
        public = (*project.public, (project.prefix, read_settings().public))
        project = replace(project, public=public)
    for method, path in _open_routes(get_resolver(urlconf), "/"):  # type: ignore[arg-type]  # a module will do
        # Converters and regular expressions hold what no public path may: only what comes before them counts.
        if not project.is_public(_NOT_LITERAL.sub("*", path)):
            yield f"{method} {project.prefix}{path}"


def _open_routes(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        path = prefix + _text(pattern)
        if isinstance(pattern, URLResolver):
            yield from _open_routes(pattern, path)
        else:
            yield from ((method, path) for method in _open_methods(pattern.callback))


def _text(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    return text.removeprefix("^").removesuffix("$") if isinstance(pattern.pattern, RegexPattern) else text


def _open_methods(view: Any) -> Iterator[str]:
    if is_guarded(view):
        return
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        yield ANY
        return
    names = getattr(view, "view_initkwargs", {}).get("http_method_names", view_class.http_method_names)
    for name in names:
        handler = getattr(view_class, name, None)
        # Django's own `options` only lists the methods.
        if handler is not None and handler is not View.options and not is_guarded(handler):
            yield name.upper()
