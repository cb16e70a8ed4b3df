"""The service on Flask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from bearerguard import WsgiMiddleware
from bearerguard.adapters.flask import authentication, requires
from bearerguard.stores import TokenStore
from musicbrainz.answers import Problem, Reply, content_of, fields_of, shape_of
from musicbrainz.digest import Target
from musicbrainz.editors import Editor
from musicbrainz.guard import build_guards
from musicbrainz.places import NOT_ALLOWED, NOT_FOUND, OPEN_PLACES, PLACES
from musicbrainz.service import (
    MAX_BODY_BYTES,
    Asked,
    OpenPlace,
    Place,
    Service,
    build_service,
    look_up,
    operate,
)

View = Callable[..., Response]


def build_wsgi(store: TokenStore, *, resource: str, editors: Mapping[str, Editor] | None = None) -> Flask:
    """Build the service behind its guards; `store` is where its tokens are."""
    service = build_service(resource, editors or {})
    app = Flask("musicbrainz", static_folder=None)
    app.url_map.merge_slashes = False  # a redirect would have another target than Digest was made for
    for place in PLACES:
        _add(app, place.path, _guarded_view(service, place), list(place.operations))
    for open_place in OPEN_PLACES:
        _add(app, open_place.path, _open_view(service, open_place), ["GET"])
    app.register_error_handler(404, _not_found)
    app.register_error_handler(405, _not_allowed)
    guarded = {
        shape: WsgiMiddleware(app.wsgi_app, guard, anonymous=True)  # whoever brings no token may bring Digest
        for shape, guard in build_guards(store, resource=resource).items()
    }

    def in_shape(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        shape = shape_of(*_shaping(environ))
        return guarded[shape](environ, start_response)

    app.wsgi_app = in_shape  # type: ignore[method-assign]
    return app


def _add(app: Flask, path: str, view: View, methods: list[str]) -> None:
    rule = path.replace("{", "<").replace("}", ">")
    # The path with a slash at its end is the same place, and OPTIONS is not a method here.
    options: dict[str, Any] = {"strict_slashes": False, "provide_automatic_options": False}
    app.add_url_rule(rule, rule, view, methods=methods, **options)


def _guarded_view(service: Service, place: Place) -> View:
    def view(**place_of: str) -> Response:
        return _response(operate(service, place, _asked(place_of), authentication()))

    with_token = requires(place.scope)(view)

    def with_either(**place_of: str) -> Response:
        return (view if authentication() is None else with_token)(**place_of)

    return with_either


def _open_view(service: Service, place: OpenPlace) -> View:
    def view(**place_of: str) -> Response:
        return _response(look_up(service, place, _asked(place_of)))

    return view


def _asked(place_of: Mapping[str, str]) -> Asked:
    environ = request.environ
    path = environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]
    return Asked(
        Target(request.method, path.encode("latin-1"), environ.get("QUERY_STRING", "")),
        place_of,
        environ.get("HTTP_AUTHORIZATION"),
        environ.get("CONTENT_TYPE", ""),
        request.stream.read(MAX_BODY_BYTES + 1),
    )


def _not_found(error: HTTPException) -> Response:
    return _response(NOT_FOUND)


def _not_allowed(error: HTTPException) -> Response:
    response = _response(NOT_ALLOWED)
    if isinstance(error, MethodNotAllowed):
        response.headers["allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _response(answer: Reply | Problem) -> Response:
    content_type, content = content_of(answer, shape_of(*_shaping(request.environ)))
    status = answer.status if isinstance(answer, Problem) else 200
    return Response(content, status, {"content-type": content_type, **fields_of(answer)})


def _shaping(environ: Mapping[str, Any]) -> tuple[str, str, str]:
    return environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT", "")
