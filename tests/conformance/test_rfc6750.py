"""RFC 6750: one test for each MUST and SHOULD that concerns a resource server, in the order of its text.

What concerns clients and authorization servers (2.2 and 2.3 as requests, 5.3 but for what a resource
server can do about it) is not here; docs/ tells where we differ on purpose.
"""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import AccessToken, Bearer, FromFunction
from bearerguard.scopes import requirement
from tests.support import (
    FORM,
    App,
    AsgiEdge,
    WsgiEdge,
    bearer,
    known,
    server,
)

Edge = AsgiEdge | WsgiEdge


def answer(edge: Edge, app: App | None = None, *, how: Bearer | None = None, **request: Any) -> Any:
    """Ask a resource server for which mF_9.B5f-4.1JqM is good, for scope "read"."""
    facts = AccessToken(subject="alice", scopes={"read"})  # type: ignore[arg-type]
    made = server(
        FromFunction(known(**{"mF_9.B5f-4.1JqM": facts})),
        realm="example",
        schemes=[how or Bearer(form=True, query=True)],
    )
    return edge.answer(edge.guard(app or App(), made), **request)


def post(
    body: bytes, content_type: str = "application/x-www-form-urlencoded", method: str = "POST"
) -> dict[str, Any]:
    return {"method": method, "headers": [("Content-Type", content_type)], "body": body}


def test_2_clients_must_not_use_more_than_one_method(edge: Edge) -> None:
    """'Clients MUST NOT use more than one method to transmit the token in each request.'"""
    reply = answer(edge, headers=bearer("mF_9.B5f-4.1JqM"), query="access_token=mF_9.B5f-4.1JqM")
    assert (400, True) == (reply.status, 'error="invalid_request"' in reply.challenge)


def test_2_1_resource_servers_must_support_the_header(edge: Edge) -> None:
    """The text: "Resource servers MUST support this method": whatever is switched on or off."""
    assert 200 == answer(edge, how=Bearer(), headers=bearer("mF_9.B5f-4.1JqM")).status


@pytest.mark.parametrize("token", ["mF_9.B5f-4.1JqM", "abcXYZ019-._~+/==", "a"])
def test_2_1_the_syntax_of_credentials(edge: Edge, token: str) -> None:
    """credentials = "Bearer" 1*SP b64token: the last two are well-formed and unknown."""
    expected = 200 if token == "mF_9.B5f-4.1JqM" else 401
    assert expected == answer(edge, headers=bearer(token)).status


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer =", "Bearer a=b", "Bearer a,b", 'Bearer "a"', "Bearer a b"]
)
def test_2_1_another_syntax_is_an_invalid_request(edge: Edge, value: str) -> None:
    """Section 3.1: "otherwise malformed"."""
    reply = answer(edge, headers=[("Authorization", value)])
    assert (400, True) == (reply.status, 'error="invalid_request"' in reply.challenge)


def test_2_2_a_form_needs_its_content_type(edge: Edge) -> None:
    """The text: "The HTTP request entity-header includes the Content-Type ...
    application/x-www-form-urlencoded".
    """
    assert 200 == answer(edge, **post(b"access_token=mF_9.B5f-4.1JqM")).status
    assert 401 == answer(edge, **post(b"access_token=mF_9.B5f-4.1JqM", "text/plain")).status


def test_2_2_a_form_is_encoded_as_one(edge: Edge) -> None:
    """The text: "The entity-body follows the encoding requirements of the
    application/x-www-form-urlencoded".
    """
    assert 200 == answer(edge, **post(b"access_token=mF%5F9.B5f%2D4.1JqM")).status


def test_2_2_a_form_is_single_part(edge: Edge) -> None:
    """The text: "The HTTP request entity-body is single-part"."""
    assert (
        401 == answer(edge, **post(b"access_token=mF_9.B5f-4.1JqM", "multipart/form-data; boundary=x")).status
    )


def test_2_2_a_form_must_be_ascii(edge: Edge) -> None:
    """The text: "The content to be encoded in the entity-body MUST consist entirely of ASCII [USASCII]
    characters".
    """
    assert 400 == answer(edge, **post("access_token=mF_9.B5f-4.1JqM&a=é".encode())).status


def test_2_2_a_form_needs_a_method_with_body_semantics(edge: Edge) -> None:
    """The text: "this means that the "GET" method MUST NOT be used"."""
    assert 401 == answer(edge, **post(b"access_token=mF_9.B5f-4.1JqM", method="GET")).status


def test_2_2_a_form_may_hold_other_parameters(edge: Edge) -> None:
    """The text: "MUST be properly separated from the "access_token" parameter using "&" character(s)"."""
    assert 200 == answer(edge, **post(b"a=b&access_token=mF_9.B5f-4.1JqM&&c")).status
    assert 401 == answer(edge, **post(b"a=b;access_token=mF_9.B5f-4.1JqM")).status


def test_2_3_the_query_is_off_by_default(edge: Edge) -> None:
    """The text: "this method ... SHOULD NOT be used unless it is impossible to transport the access
    token".
    """
    assert 401 == answer(edge, how=Bearer(), query="access_token=mF_9.B5f-4.1JqM").status


def test_2_3_the_query_may_hold_other_parameters(edge: Edge) -> None:
    """The text: "properly separated from the "access_token" parameter using "&" character(s)"."""
    assert 200 == answer(edge, query="p=q&access_token=mF_9.B5f-4.1JqM&x").status


def test_2_3_a_success_is_private(edge: Edge) -> None:
    """The text: "Server success (2XX status) responses to these requests SHOULD contain a
    Cache-Control header with the "private" option."
    """
    for status in (200, 204, 206):
        reply = answer(edge, App(status=status), query="access_token=mF_9.B5f-4.1JqM")
        assert ["private"] == reply.all("cache-control")


def test_2_3_a_success_that_says_for_itself_who_may_keep_it_says_it_once(edge: Edge) -> None:
    """What contradicts "private" goes, what is stricter stays, however the field's name is written."""
    for said, expected in (("public, max-age=60", "max-age=60, private"), ("no-store", "no-store")):
        app = App(headers=[("Cache-Control", said)])
        assert [expected] == answer(edge, app, query="access_token=mF_9.B5f-4.1JqM").all("cache-control")


def test_2_3_the_token_may_not_be_logged(edge: Edge) -> None:
    """The text: "the high likelihood that the URL containing the access token will be logged": it is taken
    out.
    """
    app = App()
    answer(edge, app, query="p=q&access_token=mF_9.B5f-4.1JqM")
    assert app.seen[0].get("query_string", app.seen[0].get("QUERY_STRING")) in (b"p=q", "p=q")


@pytest.mark.parametrize("headers", [[], bearer("unknown"), bearer("a b")])
def test_3_a_request_without_usable_credentials_must_get_a_challenge(edge: Edge, headers: Any) -> None:
    """The text: "the resource server MUST include the HTTP "WWW-Authenticate" response header field"."""
    assert 1 == len(answer(edge, headers=headers).all("www-authenticate"))


@pytest.mark.parametrize("headers", [[], bearer("unknown"), bearer("a b")])
def test_3_all_challenges_must_use_the_scheme_bearer(edge: Edge, headers: Any) -> None:
    """The text: "All challenges defined by this specification MUST use the auth-scheme value
    "Bearer". This scheme MUST be followed by one or more auth-param values."
    """
    assert answer(edge, headers=headers).challenge.startswith('Bearer realm="example"')


@pytest.mark.parametrize("name", ["realm", "scope", "error", "error_description"])
def test_3_no_attribute_appears_more_than_once(edge: Edge, name: str) -> None:
    """The text: "The "realm" attribute MUST NOT appear more than once", and so for the other three."""
    challenge = answer(
        edge, App(requires=requirement("write", "read")), headers=bearer("mF_9.B5f-4.1JqM")
    ).challenge
    assert 1 == f" {challenge}".count(f" {name}=")


def test_3_the_scope_is_a_space_delimited_list(edge: Edge) -> None:
    """The text: "Its ... value is a space-delimited list of case-sensitive scope values"."""
    challenge = answer(
        edge, App(requires=requirement("write", "read")), headers=bearer("mF_9.B5f-4.1JqM")
    ).challenge
    assert challenge.endswith(', scope="write read"')


def test_3_a_token_that_was_sent_and_failed_is_told_why(edge: Edge) -> None:
    """The text: "the resource server SHOULD include the "error" attribute to provide the client with the
    reason".
    """
    assert 'error="invalid_token", error_description="' in answer(edge, headers=bearer("unknown")).challenge


def test_3_no_error_uri_points_nowhere(edge: Edge) -> None:
    """The text: "MAY include the "error_uri" attribute": we have no page to point to."""
    assert "error_uri" not in answer(edge, headers=bearer("unknown")).challenge


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"headers": bearer("a b")}, 400, "invalid_request"),
        ({"query": "access_token=a&access_token=b"}, 400, "invalid_request"),
        ({"headers": [*bearer("a"), *bearer("a")]}, 400, "invalid_request"),
        ({"headers": bearer("unknown")}, 401, "invalid_token"),
        ({"headers": bearer("mF_9.B5f-4.1JqM")}, 403, "insufficient_scope"),
    ],
)
def test_3_1_error_codes_and_their_status(
    edge: Edge, request_: dict[str, Any], status: int, error: str
) -> None:
    """The text: "The resource server SHOULD respond with the HTTP 400 ... 401 ... 403 status code"."""
    reply = answer(edge, App(requires=requirement("write")), **request_)
    assert (status, True, error) == (
        reply.status,
        f'error="{error}"' in reply.challenge,
        reply.json()["error"],
    )


def test_3_1_insufficient_scope_names_the_scope(edge: Edge) -> None:
    """The text: "The response ... MAY include the "scope" attribute with the scope necessary"."""
    reply = answer(edge, App(requires=requirement("write")), headers=bearer("mF_9.B5f-4.1JqM"))
    assert 'scope="write"' in reply.challenge


@pytest.mark.parametrize("headers", [[], [("Authorization", "Basic eDp5")], [("Authorization", "Unknown x")]])
def test_3_1_without_authentication_information_there_is_no_error(edge: Edge, headers: Any) -> None:
    """The text: "the resource server SHOULD NOT include an error code or other error information"."""
    reply = answer(edge, headers=headers)
    assert ((401, 'Bearer realm="example"'), b"") == (reply.brief, reply.body)


def test_5_2_an_audience_restricts_where_a_token_is_good(edge: Edge) -> None:
    """The text: "it is RECOMMENDED that the token ... include the identity of the intended recipients"."""
    for audience, status in (("https://api.example.org", 200), ("https://other.example", 401)):
        made = server(FromFunction(known(a=AccessToken(audience=audience))))  # type: ignore[arg-type]
        assert status == edge.answer(edge.guard(App(), made), headers=bearer("a")).status


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_5_3_bearer_tokens_need_tls(edge: Edge, scheme: str) -> None:
    """The text: "Clients MUST always use TLS (https) or equivalent transport security": we refuse them
    otherwise.
    """
    assert 400 == answer(edge, headers=bearer("mF_9.B5f-4.1JqM"), scheme=scheme).status


def test_5_3_a_cookie_is_no_place_for_a_token(edge: Edge) -> None:
    """The text: "Implementations MUST NOT store bearer tokens within cookies that can be sent in the
    clear": we read none.
    """
    assert 401 == answer(edge, headers=[("Cookie", "access_token=mF_9.B5f-4.1JqM")]).status


def test_nothing_about_a_form_depends_on_what_else_is_on(edge: Edge) -> None:
    """Each of the three methods works by itself (sections 2.1 to 2.3)."""
    form = {"method": "POST", "headers": [FORM], "body": b"access_token=mF_9.B5f-4.1JqM"}
    query = {"query": "access_token=mF_9.B5f-4.1JqM"}
    found = [
        answer(edge, how=how, **request).status
        for how in (Bearer(form=True), Bearer(query=True))
        for request in (form, query)
    ]
    assert [200, 401, 401, 200] == found
