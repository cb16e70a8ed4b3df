"""FastAPI's HTTPBearer with PyJWT, as its documentation joins them; RS256, the key loaded beforehand.

The same route without protection, and as our dependency asks for a scope there.
"""

# No `from __future__ import annotations`: FastAPI reads the annotations of functions made within others.

import time
from typing import Annotated, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import Depends, FastAPI, HTTPException, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bearerguard import Authentication
from bearerguard.adapters.fastapi import bearer
from benchmarks.incoming import PATH

RESOURCE = "https://api.example.org"
ISSUER = "https://as.example.org"
LIFETIME_SECONDS = 3600
KEY_BITS = 2048


def new_key() -> Any:
    """A private RSA key of the usual size."""
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def sign_tokens(key: Any, count: int) -> list[str]:
    """Issue JWTs, each for another user."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": RESOURCE,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "scope": "tag rating",
    }
    return [jwt.encode({**claims, "sub": f"user{n}"}, key, algorithm="RS256") for n in range(count)]


def bare_app() -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get(PATH)
    async def tags() -> Response:
        return Response("ok")

    return app


def scoped_app() -> FastAPI:
    """The route as it asks for a scope by our dependency, behind our middleware."""
    app = FastAPI(openapi_url=None)

    @app.get(PATH)
    async def tags(me: Annotated[Authentication, Security(bearer, scopes=["tag"])]) -> Response:
        return Response("ok")

    return app


def peer_app(key: Any) -> FastAPI:
    app = FastAPI(openapi_url=None)
    public_key = key.public_key()

    async def claims_of(
        credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
    ) -> dict[str, Any]:
        try:
            return jwt.decode(
                credentials.credentials, public_key, algorithms=["RS256"], audience=RESOURCE, issuer=ISSUER
            )
        except jwt.InvalidTokenError as error:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from error

    @app.get(PATH)
    async def tags(claims: Annotated[dict[str, Any], Depends(claims_of)]) -> Response:
        return Response("ok")

    return app
