"""The guards: one for each shape of answer, over one verifier, so that a token is looked up once for all."""

from __future__ import annotations

from bearerguard import Bearer, Cached, Refusal, ResourceServer, StoredTokens, Unavailable
from bearerguard.stores import TokenStore
from musicbrainz.answers import Content, Shape, content_of, problem_of
from musicbrainz.digest import REALM

MAX_AGE_SECONDS = 10.0  # for so long a token passes that another process has revoked


def build_guards(store: TokenStore, *, resource: str) -> dict[Shape, ResourceServer]:
    """Build the guards. What `/oauth2` says to a refusal is what bearerguard says by itself."""
    verifier = Cached(StoredTokens(store), max_age_seconds=MAX_AGE_SECONDS)

    def as_xml(error: Refusal | Unavailable) -> Content:
        return content_of(problem_of(error), Shape.XML)

    def as_json(error: Refusal | Unavailable) -> Content:
        return content_of(problem_of(error), Shape.JSON)

    return {
        shape: ResourceServer(
            resource=resource,
            realm=REALM,
            verifier=verifier,
            schemes=[Bearer(form=True, query=True)],
            plain_http="ignore",  # a token that came in clear is none, and the answer is 401
            render_refusal=render,
        )
        for shape, render in ((Shape.XML, as_xml), (Shape.JSON, as_json), (Shape.OAUTH, None))
    }
