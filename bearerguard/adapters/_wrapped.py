"""Go through what stands before an application: middleware and dispatchers, for lists of its routes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bearerguard.adapters._views import is_guarded
from bearerguard.public import PublicPaths


@dataclass(frozen=True, slots=True)
class Found:
    """An application, where it is mounted, and what the guards on the way to it let pass.

    `owner` is the Flask application, or the like, of whose `wsgi_app` this is all that can be seen.
    """

    app: object
    prefix: str = ""
    public: tuple[tuple[str, PublicPaths], ...] = ()
    owner: object | None = None

    def is_public(self, path: str) -> bool:
        """Tell whether a path of the application's own, spelled as the server does, needs no token."""
        whole = self.prefix + path
        return any(whole[len(prefix) :] in paths for prefix, paths in self.public)

    def list_whole(self) -> Iterator[str]:
        """List an application that has no routes to look at as one, `"* /path/*"`."""
        if not is_guarded(self.app) and not self.is_public("/*"):
            yield f"* {self.prefix}/*"


def find_applications(app: object) -> list[Found]:
    """Find the application behind middleware, and those that dispatchers mount beside it.

    Does not: know a middleware that keeps its application under another name than `app`.
    """
    return list(_find(Found(app), ()))


def unwrap(app: object) -> tuple[object, list[PublicPaths]]:
    """Go through middleware, which keeps its application as `app`, and gather what is public on the way.

    Stops at a dispatcher: what it mounts is behind none of what would follow.
    """
    public = []
    while not is_guarded(app) and not _has(app, "routes") and not _mounts_of(app):
        public += _public_of(app)
        inner = inside(app)
        if inner is None:
            break
        app = inner
    return app, public


def inside(app: object) -> object | None:
    """Give what a middleware wraps; None for an application itself."""
    if is_flasks_own(app):
        return app.__self__  # type: ignore[attr-defined, no-any-return]  # WsgiMiddleware(app.wsgi_app, server)
    return getattr(app, "app", None)


def is_flasks_own(app: object) -> bool:
    """Tell whether this is the `wsgi_app` that Flask itself has, rather than what was put in its place."""
    return inspect.ismethod(app) and app.__name__ == "wsgi_app"


def _find(here: Found, entered: tuple[object, ...]) -> Iterator[Found]:
    app = here.app
    if is_guarded(app) or is_flasks_own(app) or _has(app, "routes"):
        yield here
        return
    here = replace(here, public=(*here.public, *((here.prefix, paths) for paths in _public_of(app))))
    if _has(app, "wsgi_app") and not any(app is one for one in entered):  # it may be mounted in itself
        yield from _find(replace(here, app=app.wsgi_app, owner=app), (*entered, app))  # type: ignore[attr-defined]
    elif _has(app, "app"):
        yield from _find(replace(here, app=app.app), entered)  # type: ignore[attr-defined]
    else:
        yield here
    for path, mounted in _mounts_of(app):
        yield from _find(Found(mounted, here.prefix + path, here.public), entered)


def _mounts_of(app: object) -> list[tuple[str, object]]:
    """Give what Werkzeug's DispatcherMiddleware mounts, and what its SharedDataMiddleware serves."""
    mounts = getattr(app, "mounts", None) if _has(app, "mounts") else None
    exports = getattr(app, "exports", None) if _has(app, "exports") else None
    mounted = [*mounts.items()] if isinstance(mounts, Mapping) else []
    return mounted + (exports if isinstance(exports, list) else [])


def _public_of(app: object) -> list[PublicPaths]:
    paths = getattr(app, "_public", None) if _has(app, "_public") else None
    return [paths] if isinstance(paths, PublicPaths) else []


def _has(app: object, name: str) -> bool:
    """Tell whether an attribute is an object's own, not one that it borrows from what it wraps."""
    return inspect.getattr_static(app, name, None) is not None
