"""Where the endpoints for programs are, and how their errors are answered."""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from bearerguard.devserver.oauth.asked import hand_over
from bearerguard.devserver.oauth.errors import Refused, describe, error_response, missing
from bearerguard.devserver.oauth.introspection import introspect
from bearerguard.devserver.oauth.metadata import METADATA_PATH, metadata
from bearerguard.devserver.oauth.revocation import revoke
from bearerguard.devserver.oauth.server import DevelopmentServer
from bearerguard.devserver.oauth.tokeninfo import tokeninfo
from bearerguard.devserver.oauth.userinfo import guarded_userinfo
from bearerguard.devserver.parameters import BadParameter, form_of, query_of
from bearerguard.errors import Unavailable

CLIENT = ("client_id", "client_secret")
TOKEN = (
    "grant_type",
    "token_type",
    "scope",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    *CLIENT,
)
ABOUT_A_TOKEN = ("token", "token_type_hint", *CLIENT)
RETRY_AFTER_SECONDS = 1


def endpoints(server: DevelopmentServer) -> Blueprint:
    """Build the routes of this server."""
    routes = Blueprint("oauth", __name__)
    _add_tokens(routes, server)
    _add_about_tokens(routes, server)
    _add_about_users_and_us(routes, server)

    @routes.errorhandler(BadParameter)
    def answer_bad_parameter(error: BadParameter) -> Response:
        return error_response("invalid_request", str(error))

    @routes.errorhandler(OAuth2Error)
    def answer_refusal(error: OAuth2Error) -> Response:
        return error_response(error.error, describe(error))

    @routes.errorhandler(Unavailable)
    def answer_outage(error: Unavailable) -> Response:
        response = error_response("temporarily_unavailable", "The token store cannot be used at the moment.")
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    return routes


def _add_tokens(routes: Blueprint, server: DevelopmentServer) -> None:
    @routes.post("/oauth2/token")
    def token() -> Response:
        asked = form_of(request, TOKEN)
        if "grant_type" not in asked:
            raise missing("grant_type")
        # What MusicBrainz documents: the kind of token that is wanted.
        if asked.get("token_type", "bearer").lower() != "bearer":
            raise Refused("invalid_request", "The only token_type is bearer.")
        hand_over(asked)
        response: Response = server.create_token_response()
        return response


def _add_about_tokens(routes: Blueprint, server: DevelopmentServer) -> None:
    @routes.post("/oauth2/revoke")
    def revocation() -> Response:
        hand_over(form_of(request, ABOUT_A_TOKEN))
        revoke(server, server.create_oauth2_request(request))
        return jsonify({})

    @routes.post("/oauth2/introspect")
    def introspection() -> Response:
        hand_over(form_of(request, ABOUT_A_TOKEN))
        return jsonify(introspect(server, server.create_oauth2_request(request)))

    @routes.route("/oauth2/tokeninfo", methods=["GET", "POST"])
    def information() -> Response:
        read = form_of if request.method == "POST" else query_of
        token = read(request, ("access_token",)).get("access_token")
        if token is None:
            raise missing("access_token")
        found = tokeninfo(server.parts, token)
        if found is None:
            response = jsonify(error="invalid_token")
            response.status_code = 400
            return response
        return jsonify(found)


def _add_about_users_and_us(routes: Blueprint, server: DevelopmentServer) -> None:
    guarded = guarded_userinfo(server.parts)

    @routes.route("/oauth2/userinfo", methods=["GET", "POST"])
    def userinfo() -> ResponseReturnValue:
        return Response.from_app(guarded, request.environ)

    @routes.get(METADATA_PATH)
    def about_us() -> Response:
        return jsonify(metadata(server.parts))
