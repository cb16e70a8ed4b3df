"""What others offer to guard an application with, set up as each one's documentation says.

Every module imports its peer where it is used, so that a missing one costs its own figures only.

                                     looks the token up in    checks besides, on every request
    starlette_dict                   a dict                   nothing
    mcp_sdk                          a dict                   expiry, scopes
    fastmcp_introspection            its cache, by SHA-256    expiry, scopes
    fastapi_pyjwt                    the token itself         signature (RS256), expiry, audience, issuer
    authlib_flask                    a dict                   expiry, revocation, scopes
    django_toolkit: the decorator    SQLite                   expiry, scopes, audience, application
    django_toolkit: the middleware   SQLite                   expiry, audience, application

The first and the last let everybody through, with a user or without, and leave it to the route. None of
them asks whether the request came over https, whether the header came once, or how long the token is;
bearerguard does, besides its grammar, expiry, audience and scopes, on every request.
"""

STARLETTE = "Starlette, a dict"
MCP_SDK = "MCP SDK, a dict"
FASTMCP = "FastMCP, cached introspection"
PYJWT = "HTTPBearer, PyJWT"
AUTHLIB = "Authlib, a dict"
TOOLKIT_DECORATOR = "toolkit, protected_resource"
TOOLKIT_MIDDLEWARE = "toolkit, OAuth2TokenMiddleware"
