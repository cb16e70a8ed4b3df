"""The part of the parity table that reads, and what is not there to be read."""

from __future__ import annotations

from tests.services.musicbrainz.edges import JSON, metadata, problem
from tests.services.musicbrainz.rows import EMPTY, MBID, RATING, TAG, WRONG_TYPE, Row, said

USERINFO = '"sub":"eve","profile":"https://musicbrainz.example/user/eve"'
EMAIL = '"email":"eve@example.org","email_verified":true'

READING = [
    Row("GET /oauth2/userinfo", 200, f"{{{USERINFO}}}", "profile", JSON),
    Row("POST /oauth2/userinfo/", 200, f"{{{USERINFO},{EMAIL}}}", "profile email", JSON),
    Row(
        "GET /oauth2/userinfo",
        200,
        '{"sub":"x/y","profile":"https://musicbrainz.example/user/x%2Fy"}',
        "profile email",
        JSON,
        subject="x/y",
    ),
    Row(f"GET {RATING}", 200, EMPTY, "rating"),
    Row(f"GET {RATING}&fmt=json", 200, '{"user-rating":{"value":null}}', "rating", JSON),
    Row(f"GET {TAG}", 200, metadata("<user-tag-list />"), "tag"),
    Row("GET /ws/2/rating", 400, problem(WRONG_TYPE), "rating"),
    Row(
        "GET /ws/2/rating?entity=area&id=x",
        400,
        problem(WRONG_TYPE),
        "rating",
    ),
    Row("GET /ws/2/rating?entity=work&id=..%2F", 400, problem("Invalid MBID."), "rating"),
    Row(f"GET {RATING}&id={MBID}", 400, problem("A parameter is there more than once."), "rating"),
    Row(f"GET {RATING}{'&a=b' * 50}", 400, problem("There are too many parameters."), "rating"),
    Row(f"GET /ws/2/collection/{MBID}/releases", 404, problem("Not Found"), "collection"),
    Row(f"GET /ws/2/recording/{MBID}", 404, problem("Not Found")),
    Row("GET /ws/2/release/x", 400, problem("Invalid MBID.")),
    Row("GET /ws/2/none", 404, problem("Not Found")),
    Row("GET //ws/2/tag", 404, said(error="not_found", error_description="Not Found"), content_type=JSON),
    Row("DELETE /ws/2/tag", 405, problem("This method is not allowed here."), allow="GET, HEAD, POST"),
    Row("OPTIONS /ws/2/recording", 405, problem("This method is not allowed here."), allow="POST"),
]
