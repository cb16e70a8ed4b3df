"""Requests of every kind, and the one answer that both edges give to each.

They are sent in this order, each edge with an account of its own: what one makes, a later one sees.
`holder` names a token of `TOKENS`; the address of the edge stands as {here}.
"""

from __future__ import annotations

from tests.services.spotify.rows import (
    BAD_TOKEN,
    BARE,
    ENTERTAINER,
    EVERYTHING,
    FEW_TRACKS,
    MALFORMED,
    MANY,
    NO_SUCH,
    RAG,
    THIRD_TRACK,
    USER_NEEDED,
    Row,
    bad,
    lack,
    sent,
)
from tests.services.spotify.table_playlists import PLAYLIST_ROWS

TOKEN_ROWS = [
    Row("GET /v1/me", None, 401, message="No access token was sent.", challenge=BARE),
    Row("GET /v1/nothing", None, 401, message="No access token was sent.", challenge=BARE),
    Row(
        "GET /v1/me",
        None,
        401,
        message="The access token is not valid, or no longer.",
        challenge=BAD_TOKEN,
        headers={"Authorization": "Bearer bg_unknown"},
    ),
    Row(
        "GET /v1/me",
        None,
        400,
        message=MALFORMED,
        challenge=f'{BARE}, error="invalid_request", error_description="{MALFORMED}"',
        headers={"Authorization": "Bearer two words"},
    ),
    Row(
        "GET /v1/me",
        None,
        401,
        message="No access token was sent.",
        challenge=BARE,
        headers={"Authorization": "Basic dXNlcjpzZWNyZXQ="},
    ),
    lack("GET /v1/me", "no scope", "user-read-private"),
    lack("GET /v1/me/top/tracks", "profile", "user-top-read"),
    lack("PUT /v1/me/tracks", "profile", "user-library-modify"),
    bad("GET /v1/me", 403, USER_NEEDED, holder="application"),
    bad("GET /v1/me", 403, USER_NEEDED, holder="application with scopes"),
    bad("POST /v1/me/playlists", 403, USER_NEEDED, holder="application with scopes"),
]
CATALOGUE_ROWS = [
    Row(
        "GET /v1/artists/artist0000000000000002",
        "application",
        200,
        content={
            "type": "artist",
            "id": "artist0000000000000002",
            "href": "{here}/v1/artists/artist0000000000000002",
            "uri": "spotify:artist:artist0000000000000002",
            "name": "Erik Satie",
            "genres": ["classical"],
        },
    ),
    Row("GET /v1/artists/artist0000000000000002", "no scope", 200),
    Row(
        "GET /v1/artists/artist0000000000000001",
        "application",
        200,
        headers={"Host": "elsewhere.example.org"},
        content={"href": "{here}/v1/artists/artist0000000000000001"},
    ),
    bad("GET /v1/artists/unknown", 404, NO_SUCH, holder="application"),
    bad("GET /v1/artists/%2e%2e", 404, NO_SUCH, holder="application"),
    Row("GET /v1/search?q=gymnop%C3%A9die&type=track", "application", 200),
    Row("GET /v1/search?q=rag&type=track,artist", "no scope", 200),
    bad("GET /v1/search?type=track", 400, "The parameter q is missing."),
    bad("GET /v1/search?q=&type=track", 400, "The parameter q is missing."),
    bad("GET /v1/search?q=a&q=b&type=track", 400, "The parameter q was sent more than once."),
    bad(
        "GET /v1/search?q=a&type=shoe",
        400,
        "The parameter type must be artist, track or both, with a comma between them.",
    ),
    *(
        bad(
            f"GET /v1/search?q=a&type=track&limit={limit}",
            400,
            "The parameter limit must be a number from 1 to 50.",
        )
        for limit in ("0", "51", "-1", "x", "9" * 3000, "%D9%A3")
    ),
    bad(
        "GET /v1/search?q=a&type=track&offset=100001",
        400,
        "The parameter offset must be a number from 0 to 100000.",
    ),
    bad("GET /v1/search?" + "a=1&" * 30, 400, "There are too many parameters."),
]
PERSONAL_ROWS = [
    Row("GET /v1/me", "profile", 200, content={"country": "GB", "product": "premium"}),
    Row("GET /v1/me/", "profile", 200),
    Row("GET /v1/me/tracks", EVERYTHING, 200, content={"total": 0, "items": []}),
    Row(f"PUT /v1/me/tracks?ids={RAG}", EVERYTHING, 200),
    Row("PUT /v1/me/tracks", EVERYTHING, 200, body=sent({"ids": [ENTERTAINER]})),
    Row(f"GET /v1/me/tracks/contains?ids={RAG},{THIRD_TRACK}", EVERYTHING, 200, content=[True, False]),
    Row("GET /v1/me/tracks?limit=1", EVERYTHING, 200, content={"total": 2, "offset": 0, "previous": None}),
    Row("DELETE /v1/me/tracks", EVERYTHING, 200, body=sent([RAG])),
    Row("GET /v1/me/tracks", EVERYTHING, 200, content={"total": 1}),
    bad("PUT /v1/me/tracks", 400, FEW_TRACKS),
    bad("PUT /v1/me/tracks", 400, "The body is not JSON.", b"{"),
    bad("PUT /v1/me/tracks", 400, "The body is not JSON.", b"[" * 50_000),
    bad("PUT /v1/me/tracks", 400, "The body is not JSON.", b"\xff\xfe\xff"),
    bad("PUT /v1/me/tracks", 400, FEW_TRACKS, b'"text"'),
    bad("PUT /v1/me/tracks", 413, "The body is too large.", b"[" + b" " * 65_536 + b"]"),
    bad("PUT /v1/me/tracks", 404, NO_SUCH, sent({"ids": [RAG, ["x"]]})),
    bad(f"PUT /v1/me/tracks?ids={MANY}", 400, FEW_TRACKS),
    bad("PUT /v1/me/library?uris=spotify:artist:x", 400, "Each URI must be spotify:track: and an id."),
    Row("GET /v1/me/top/artists?time_range=short_term&limit=2", EVERYTHING, 200, content={"total": 3}),
    bad("GET /v1/me/top/albums", 404, "There are top artists and top tracks."),
    bad(
        "GET /v1/me/top/tracks?time_range=ever",
        400,
        "The parameter time_range must be one of short_term, medium_term, long_term.",
    ),
    Row("GET /v1/me/player", EVERYTHING, 204),
    bad("PUT /v1/me/player/play", 404, "There is nothing to go on playing."),
    Row("PUT /v1/me/player/play", EVERYTHING, 204, body=sent({"uris": [f"spotify:track:{RAG}"]})),
    Row("GET /v1/me/player", EVERYTHING, 200, content={"is_playing": True}),
    Row("PUT /v1/me/player/pause", EVERYTHING, 204),
    Row("GET /v1/me/player/currently-playing", "playing only", 200, content={"is_playing": False}),
    lack("GET /v1/me/player", "playing only", "user-read-playback-state"),
]
ROUTING_ROWS = [
    bad("GET /v1/nothing", 404, "There is nothing at this path."),
    bad("GET /v1//me", 404, "There is nothing at this path."),
    bad("GET /v1/me/tracks/", 404, "There is nothing at this path."),
    bad("POST /v1/me/tracks", 405, "This path does not take that method."),
    bad("OPTIONS /v1/me/playlists", 405, "This path does not take that method."),
    Row("HEAD /v1/me", "profile", 200),
    Row("HEAD /v1/me", None, 401, challenge=BARE),
]
ROWS = [*TOKEN_ROWS, *CATALOGUE_ROWS, *PERSONAL_ROWS, *PLAYLIST_ROWS, *ROUTING_ROWS]
