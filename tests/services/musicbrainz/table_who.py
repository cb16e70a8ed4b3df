"""The part of the parity table that says who may ask (RFC 6750 section 3.1, RFC 7616 section 3.3)."""

from __future__ import annotations

from tests.services.musicbrainz.edges import BARE, DIGEST, JSON, problem
from tests.services.musicbrainz.rows import HELP, RATING, TAG, Row, said

NOBODY = "This belongs to an editor: send an access token, or Digest credentials."
APPLICATION = "This belongs to an editor, and the access token speaks for an application alone."
BAD = "The access token is expired, revoked, malformed or not valid here."
SCOPE = "The access token does not carry the scope that this needs."
TWO_WAYS = "The access token must be sent in one way only."
MALFORMED = "The Digest credentials are malformed, or were made for another request."
BAD_TOKEN = f'{BARE}, error="invalid_token", error_description="{BAD}"'


def out_of_scope(scope: str) -> str:
    return f'{BARE}, error="insufficient_scope", error_description="{SCOPE}", scope="{scope}"'


WHO = [
    Row(f"GET {RATING}", 401, problem(NOBODY), challenges=(DIGEST, BARE)),
    Row(f"HEAD {RATING}", 401, "", challenges=(DIGEST, BARE)),
    Row(
        f"GET {RATING}&fmt=json",
        401,
        said(error=NOBODY, help=HELP),
        content_type=JSON,
        challenges=(DIGEST, BARE),
    ),
    Row(
        f"GET {RATING}",
        401,
        said(error=NOBODY, help=HELP),
        content_type=JSON,
        challenges=(DIGEST, BARE),
        headers={"accept": "application/json"},
    ),
    Row(
        "GET /oauth2/userinfo",
        401,
        said(error="unauthorized", error_description=NOBODY),
        content_type=JSON,
        challenges=(DIGEST, BARE),
    ),
    Row(
        f"GET {RATING}",
        401,
        problem(NOBODY),
        challenges=(DIGEST, BARE),
        headers={"authorization": "Basic ZXZlOmV2ZQ=="},
    ),
    Row(f"GET {RATING}", 400, problem(MALFORMED), headers={"authorization": 'Digest username="eve"'}),
    Row(f"GET {RATING}", 401, problem(BAD), challenges=(BAD_TOKEN,), headers={"authorization": "Bearer bad"}),
    Row(
        f"GET {RATING}&fmt=json&access_token=bad",
        401,
        said(error=BAD, help=HELP),
        content_type=JSON,
        challenges=(BAD_TOKEN,),
    ),
    Row(
        "GET /oauth2/userinfo",
        401,
        said(error="invalid_token", error_description=BAD),
        content_type="application/json",
        challenges=(BAD_TOKEN,),
        headers={"authorization": "Bearer bad"},
    ),
    Row(
        f"GET {RATING}&access_token=bad",
        400,
        problem(TWO_WAYS),
        "rating",
        challenges=(f'{BARE}, error="invalid_request", error_description="{TWO_WAYS}"',),
    ),
    Row(f"GET {RATING}", 403, problem(SCOPE), "tag email", challenges=(out_of_scope("rating"),)),
    Row(
        f"GET {TAG}&fmt=json",
        403,
        said(error=SCOPE, help=HELP),
        "rating",
        JSON,
        challenges=(out_of_scope("tag"),),
    ),
    Row(f"GET {RATING}", 403, problem(APPLICATION), "rating", subject=None),
    Row(
        "GET /oauth2/userinfo",
        403,
        said(error="users_only", error_description=APPLICATION),
        "profile",
        JSON,
        subject=None,
    ),
]
