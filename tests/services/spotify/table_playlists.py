"""The rows of playlists: where the body decides which scope is needed."""

from __future__ import annotations

from tests.services.spotify.rows import (
    EVERYTHING,
    FIRST,
    NO_SUCH,
    RAG,
    SECOND,
    THIRD,
    Row,
    bad,
    lack,
    sent,
)

PLAYLIST_ROWS = [
    Row("POST /v1/me/playlists", "public only", 201, body=sent({"name": "Open"}), content={"id": FIRST}),
    Row(
        "POST /v1/users/{user}/playlists",
        "private only",
        201,
        body=sent({"name": "Mine", "public": False}),
        content={"id": SECOND, "public": False},
    ),
    lack("POST /v1/me/playlists", "private only", "playlist-modify-public", body=sent({"name": "x"})),
    lack(
        "POST /v1/users/{user}/playlists",
        "public only",
        "playlist-modify-private",
        body=sent({"name": "x", "public": False}),
    ),
    lack("POST /v1/me/playlists", "profile", "playlist-modify-public", "playlist-modify-private"),
    bad(
        "POST /v1/users/somebody/playlists",
        403,
        "A playlist can be made for nobody but the user of the token.",
        sent({"name": "x"}),
    ),
    bad("POST /v1/me/playlists", 400, "The body must be a JSON object.", b"[]"),
    bad("POST /v1/me/playlists", 400, "The body is not JSON."),
    bad("POST /v1/me/playlists", 400, "The member name is missing.", b"{}"),
    bad("POST /v1/me/playlists", 400, "The member name is missing.", sent({"name": " "})),
    bad(
        "POST /v1/me/playlists",
        400,
        "The member name must be text of 100 characters at most.",
        sent({"name": "x" * 101}),
    ),
    bad("POST /v1/me/playlists", 400, "The member public must be true or false.", b'{"name":"x","public":1}'),
    bad(
        "POST /v1/me/playlists",
        400,
        "A collaborative playlist cannot be public.",
        b'{"name":"x","collaborative":true}',
    ),
    Row(f"GET /v1/playlists/{FIRST}", "application", 200, content={"name": "Open"}),
    Row(f"GET /v1/playlists/{SECOND}", EVERYTHING, 200, content={"name": "Mine"}),
    bad(f"GET /v1/playlists/{SECOND}", 404, NO_SUCH, holder="application"),
    lack(f"GET /v1/playlists/{SECOND}", "private only", "playlist-read-private"),
    Row(
        f"POST /v1/playlists/{FIRST}/items",
        "public only",
        201,
        body=sent([f"spotify:track:{RAG}"]),
        content={"snapshot_id": f"{FIRST}-2"},
    ),
    lack(f"POST /v1/playlists/{SECOND}/items", "public only", "playlist-modify-private", body=b"[]"),
    bad(f"POST /v1/playlists/{FIRST}/items", 400, "Name 1 to 100 tracks by their URIs.", b"[]"),
    bad(
        f"POST /v1/playlists/{FIRST}/items",
        403,
        "A playlist can be changed by nobody but its owner.",
        sent([f"spotify:track:{RAG}"]),
        "somebody else",
    ),
    bad(f"POST /v1/playlists/{SECOND}/items", 404, NO_SUCH, b"[]", "somebody else"),
    bad(f"GET /v1/playlists/{SECOND}", 404, NO_SUCH, holder="somebody else"),
    Row(
        "POST /v1/me/playlists",
        "private only",
        201,
        body=sent({"name": "Ours", "public": False, "collaborative": True}),
        content={"id": THIRD},
    ),
    Row("GET /v1/me/playlists?limit=1", EVERYTHING, 200, content={"total": 3}),
    Row("GET /v1/me/playlists?limit=1", "lists", 200, content={"total": 2}),
]
