"""The guard within Django's own list of middleware, under WSGI and under ASGI."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import re_path
from django.utils.deprecation import MiddlewareMixin

from bearerguard import (
    AccessToken,
    Bearer,
    ConfigurationError,
    FromFunction,
    InsufficientScope,
    StoredTokens,
    Unavailable,
)
from bearerguard.adapters import STANDING, VOUCHED_FOR
from bearerguard.adapters._django_request import BODY_IS_GONE, DjangoRequest
from bearerguard.adapters.django import BearerGuardMiddleware, requires
from bearerguard.request import BODY_CUT_SHORT, BODY_TOO_LARGE, BodyNotRead
from tests.adapters.django_project import OWN_KINDS, Project, answer_asgi
from tests.support import (
    BARE,
    FORM,
    HTTPS_NEEDED,
    AsyncStore,
    ThreadedStore,
    asgi_scope,
    bad_request,
    bearer,
    call_wsgi,
    known,
    server,
    stored,
    wsgi_environ,
)

WSGI, ASGI = OWN_KINDS
TOKEN_FORM = b"access_token=good&page=2"
PREFLIGHT = [("Origin", "https://web.example.org"), ("Access-Control-Request-Method", "GET")]

pytestmark = pytest.mark.parametrize("kind", OWN_KINDS)


class Seen:
    """A view for every path that notes its requests and gives one answer."""

    def __init__(self, make: Callable[[HttpRequest], Any] | None = None) -> None:
        self.requests: list[Any] = []
        self._make = make or (lambda request: HttpResponse("welcome", content_type="text/plain"))

    def __call__(self, request: Any) -> Any:
        request.noted = (request.body, request.POST.dict(), request.GET.dict(), {**request.META})
        self.requests.append(request)
        return self._make(request)

    @property
    def last(self) -> Any:
        return self.requests[-1]


def project(kind: str, view: Any, guarding: Any = None, **options: Any) -> Project:
    return Project(kind, guarding or server(), [re_path("", view)], options)


def test_a_good_token_is_attached(kind: str) -> None:
    """On the request, and where the decorators look."""
    view = Seen()
    project(kind, view).answer(headers=bearer("good"))
    assert ("alice", "alice") == (view.last.bearerguard.subject, view.last.META["bearerguard"].subject)


def test_nobody_is_refused(kind: str) -> None:
    """Closed by default; RFC 6750 section 3.1: a challenge without an error code."""
    view = Seen()
    reply = project(kind, view).answer()
    assert (401, BARE, b"", []) == (*reply.brief, reply.body, view.requests)


def test_nobody_is_attached_where_that_is_allowed(kind: str) -> None:
    """`anonymous`: None, so that a view can tell."""
    view = Seen()
    project(kind, view, anonymous=True).answer()
    assert view.last.bearerguard is None


def test_public_paths_pass_untouched(kind: str) -> None:
    """Tokens and all: what Django routes on, decoded, decides."""
    view = Seen()
    reply = project(kind, view, public=("/caf\u00e9/*",)).answer(path="/caf\u00e9/x", headers=bearer("bad"))
    assert (200, False) == (reply.status, hasattr(view.last, "bearerguard"))


@pytest.mark.parametrize("path", ["/publicx", "/Public", "/public/", "//public", "/public/..", "/x/public"])
def test_what_only_looks_public_is_not(kind: str, path: str) -> None:
    """Exact, and never with a segment that somebody may read as another path."""
    assert 401 == project(kind, Seen(), public=("/public",)).answer(path=path).status


def test_plain_http_is_refused(kind: str) -> None:
    """RFC 6750 section 5.3: before any look-up."""
    reply = project(kind, Seen()).answer(headers=bearer("good"), scheme="http")
    assert (400, bad_request(HTTPS_NEEDED)) == reply.brief


@pytest.mark.parametrize(("value", "status"), [("https", 200), ("http", 400)])
def test_a_proxy_is_trusted_where_django_is_told_so(kind: str, value: str, status: int) -> None:
    """SECURE_PROXY_SSL_HEADER, and no setting of ours."""
    guarded = project(kind, Seen())
    guarded.settings["SECURE_PROXY_SSL_HEADER"] = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = [*bearer("good"), ("X-Forwarded-Proto", value)]
    assert status == guarded.answer(headers=headers, scheme="http").status


def test_loopback_development_is_judged_by_the_peer(kind: str) -> None:
    """REMOTE_ADDR, never the Host field."""
    guarded = project(kind, Seen(), server(loopback_http=True))
    peers = ["127.0.0.1", "10.0.0.7"]
    assert [200, 400] == [
        guarded.answer(headers=bearer("good"), scheme="http", peer=peer).status for peer in peers
    ]


class Peeking(MiddlewareMixin):
    """A middleware before ours that has looked at the query."""

    def process_request(self, request: Any) -> None:
        request.GET.get("page")


@pytest.mark.parametrize("before", [[], [f"{__name__}.Peeking"]])
def test_a_query_token_leaves_no_trace(kind: str, before: list[str]) -> None:
    """RFC 6750 section 5.3: gone from GET, META and the target, also if somebody has looked before."""
    view = Seen()
    guarded = project(kind, view)
    guarded.before = before
    targets = {"RAW_URI": "/?access_token=good&page=%C3%A9"} if kind == WSGI else {}
    guarded.answer(query="access_token=good&page=%C3%A9", **targets)
    _, _, get, meta = view.last.noted
    expected = ({"page": "\u00e9"}, "page=%C3%A9", "/?page=%C3%A9", [None, "/?page=%C3%A9"][kind == WSGI])
    assert expected == (get, meta["QUERY_STRING"], view.last.get_full_path(), meta.get("RAW_URI"))


def test_a_query_token_is_gone_from_the_servers_own_scope(kind: str) -> None:
    """Servers write their access line from that same dictionary."""
    view = Seen()
    project(kind, view).answer(query="access_token=good&page=2")
    place = view.last.scope if kind == ASGI else {"query_string": view.last.environ["QUERY_STRING"].encode()}
    assert b"page=2" == place["query_string"]


@pytest.mark.parametrize(
    ("given", "status", "sent"),
    [
        (None, 200, "private"),
        ("public, max-age=60", 200, "max-age=60, private"),
        ("no-store", 200, "no-store"),
        (None, 404, None),
    ],
)
def test_the_answer_to_a_query_token_is_private(kind: str, given: str | None, status: int, sent: Any) -> None:
    """RFC 6750 section 2.3: unless it is stricter already; 2xx only."""

    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=status, headers=None if given is None else {"Cache-Control": given})

    reply = project(kind, Seen(answer)).answer(query="access_token=good")
    assert sent == dict(reply.headers).get("Cache-Control")


def test_the_answer_to_a_header_token_keeps_its_cache_control(kind: str) -> None:
    """Caches know what an Authorization field means (RFC 9111 section 3.5)."""
    reply = project(kind, Seen()).answer(headers=bearer("good"))
    assert [] == reply.all("cache-control")


@pytest.mark.parametrize("announced", [True, False])
def test_a_form_token_is_found_and_the_form_stays(kind: str, announced: bool) -> None:
    """RFC 6750 section 2.2: POST and body are the application's, byte for byte."""
    view = Seen()
    reply = project(kind, view).answer(method="POST", headers=[FORM], body=TOKEN_FORM, announced=announced)
    if kind == WSGI and not announced:  # Django reads no body of unknown length under WSGI
        assert 401 == reply.status
    else:
        assert (200, TOKEN_FORM, {"access_token": "good", "page": "2"}) == (
            reply.status,
            *view.last.noted[:2],
        )


@pytest.mark.parametrize("announced", [True, False])
def test_a_form_is_looked_through_within_bounds(kind: str, announced: bool) -> None:
    """413, by the announced length and, where none is, by what Django has buffered."""
    guarding = server(schemes=[Bearer(form=True, max_body_bytes=20)])
    guarded = project(kind, Seen(), guarding)
    reply = guarded.answer(method="POST", headers=[FORM], body=TOKEN_FORM, announced=announced)
    if kind == WSGI and not announced:
        assert 401 == reply.status
    else:
        assert (413, bad_request(BODY_TOO_LARGE)) == reply.brief


def test_djangos_own_bound_counts_too(kind: str) -> None:
    """DATA_UPLOAD_MAX_MEMORY_SIZE below ours: 413 again, not Django's 400."""
    guarded = project(kind, Seen())
    guarded.settings["DATA_UPLOAD_MAX_MEMORY_SIZE"] = 20
    reply = guarded.answer(method="POST", headers=[FORM], body=TOKEN_FORM)
    assert (413, bad_request(BODY_TOO_LARGE)) == reply.brief


def test_a_large_form_beside_a_header_token_passes(kind: str) -> None:
    """It cannot carry a token that counts, and every byte arrives."""
    view = Seen()
    guarded = project(kind, view, server(schemes=[Bearer(form=True, max_body_bytes=20)]))
    guarded.answer(method="POST", headers=[FORM, *bearer("good")], body=TOKEN_FORM)
    assert TOKEN_FORM == view.last.noted[0]


def test_a_form_that_ends_early_is_refused(kind: str) -> None:
    """What is missing could be a second token."""
    headers = [FORM, ("Content-Length", "100")]
    reply = project(kind, Seen()).answer(method="POST", headers=headers, body=TOKEN_FORM)
    assert (400, bad_request(BODY_CUT_SHORT)) == reply.brief


class Broken(BytesIO):
    """A connection that breaks off while it is read."""

    def read(self, *_: Any) -> bytes:
        raise OSError("gone")


def request_with(kind: str, **attributes: Any) -> Any:
    """A request of Django's with a form, as a middleware meets it."""
    request: Any = RequestFactory().post("/", TOKEN_FORM, FORM[1], secure=True)
    if kind == ASGI:
        request.scope = {"type": "http"}
    for name, value in attributes.items():
        setattr(request, name, value)
    return request


def test_a_connection_that_breaks_off_is_a_form_cut_short(kind: str) -> None:
    """Never a 500 for what a client does."""
    stream = Broken()
    stream.seekable = lambda: False  # type: ignore[method-assign]
    with Project(kind, server(), []).running(), pytest.raises(BodyNotRead, match=BODY_CUT_SHORT):
        DjangoRequest(request_with(kind, _stream=stream)).read_body(1_000, 1.0)


def test_a_form_without_a_length_is_measured_before_it_is_loaded(kind: str) -> None:
    """Django has put it into a file by then; a large one stays there."""
    with Project(kind, server(), []).running():
        stream = Broken(TOKEN_FORM)
        request = request_with(kind, _stream=stream)
        request.META.update({"CONTENT_LENGTH": "", "wsgi.input_terminated": True})
        with pytest.raises(BodyNotRead, match="larger"):
            DjangoRequest(request).read_body(20, 1.0)
        assert 0 == stream.tell()


def test_a_form_that_was_read_before_is_looked_through_all_the_same(kind: str) -> None:
    """`request.body` or `request.POST` in a middleware before ours keeps the bytes; the bound holds."""
    with Project(kind, server(), []).running():
        request = request_with(kind)
        assert "good" == request.POST["access_token"]
        assert TOKEN_FORM == DjangoRequest(request).read_body(1_000, 1.0)
        request.META["CONTENT_LENGTH"] = ""
        with pytest.raises(BodyNotRead, match="larger"):
            DjangoRequest(request).read_body(20, 1.0)


def test_a_form_that_was_read_as_a_stream_is_a_mistake_of_order(kind: str) -> None:
    """Its bytes are gone: nobody can say that no token was among them."""
    request = request_with(kind)
    request.read(3)
    with Project(kind, server(), []).running(), pytest.raises(ConfigurationError) as raised:
        DjangoRequest(request).read_body(1_000, 1.0)
    assert BODY_IS_GONE == str(raised.value)


def test_tests_can_vouch_for_a_request(kind: str) -> None:
    """In META under WSGI, in the scope under ASGI; never from a header field."""
    facts = AccessToken(subject="tester")
    request = request_with(kind)
    (request.scope if kind == ASGI else request.META)[VOUCHED_FOR] = facts
    assert (facts, None) == (
        DjangoRequest(request).vouched_for,
        DjangoRequest(request_with(kind, scope={})).vouched_for,
    )


def test_our_challenge_follows_the_applications_own(kind: str) -> None:
    """RFC 9110 section 11.6.1: Digest first, and one field since Django keeps one."""
    digest = 'Digest realm="api", nonce="x"'
    view = Seen(lambda request: HttpResponse(status=401, headers={"WWW-Authenticate": digest}))
    reply = project(kind, view).answer(headers=bearer("good"))
    assert [f"{digest}, {BARE}"] == reply.all("www-authenticate")


def test_a_challenge_of_ours_is_not_repeated(kind: str) -> None:
    """The application may know the scheme already."""
    view = Seen(lambda request: HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="own"'}))
    reply = project(kind, view).answer(headers=bearer("good"))
    assert ['Bearer realm="own"'] == reply.all("www-authenticate")


class Other(Bearer):
    """A second scheme."""

    name = "Other"


def test_several_schemes_are_several_fields(kind: str) -> None:
    """As from every other middleware, also when a decorator refuses behind it."""
    guarding = server(schemes=[Bearer(), Other()])
    closed = project(kind, Seen(), guarding).answer()
    decorated = project(kind, requires()(Seen()), guarding, anonymous=True).answer()
    expected = [BARE, 'Other realm="api"']
    assert (expected, expected) == (closed.all("www-authenticate"), decorated.all("www-authenticate"))


def test_a_preflight_passes_with_nothing_to_read(kind: str) -> None:
    """Fetch, "CORS-preflight fetch": nobody is attached, no body goes in, only status and fields come out."""
    closed: list[bool] = []

    def content() -> Iterator[bytes]:
        try:
            yield b"secret"
        finally:
            closed.append(True)

    def answer(request: HttpRequest) -> StreamingHttpResponse:
        stream = content()
        next(stream)
        response = StreamingHttpResponse(stream, headers={"Access-Control-Allow-Origin": "*"})
        response.set_cookie("seen", "1")
        return response

    view = Seen(answer)
    reply = project(kind, view).answer(
        method="OPTIONS", headers=PREFLIGHT, body=b"a body", query="access_token=good"
    )
    expected = (200, b"", ["*"], 1, ["0"])
    fields = [reply.all(name) for name in ("access-control-allow-origin", "set-cookie", "content-length")]
    assert expected == (reply.status, reply.body, fields[0], len(fields[1]), fields[2])
    assert (None, b"", {}, [True]) == (view.last.bearerguard, view.last.noted[0], view.last.noted[2], closed)


def test_options_with_a_token_is_a_request_like_any_other(kind: str) -> None:
    """Browsers send none with a preflight."""
    assert 401 == project(kind, Seen()).answer(method="OPTIONS", headers=[*PREFLIGHT, *bearer("bad")]).status


@pytest.mark.parametrize(
    ("error", "status"), [(InsufficientScope(("tag",)), 403), (Unavailable("the disk is gone", 7), 503)]
)
def test_a_refusal_that_a_view_raises_is_answered(kind: str, error: Exception, status: int) -> None:
    """Django would make a 500 of it."""

    def refuse(request: HttpRequest) -> HttpResponse:
        raise error

    reply = project(kind, refuse).answer(headers=bearer("good"))
    assert (status, ["no-store"]) == (reply.status, reply.all("cache-control"))


def test_any_other_exception_is_djangos(kind: str) -> None:
    """A 500, never a pass."""

    def fail(request: HttpRequest) -> HttpResponse:
        raise LookupError

    assert 500 == project(kind, fail).answer(headers=bearer("good")).status


def test_an_outage_is_no_letter_to_the_admins(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Django's report of a 5xx carries the request's fields, and so the token; we have logged it once."""

    def ask(token: str) -> AccessToken | None:
        raise Unavailable("the disk is gone", 7)

    reply = project(kind, Seen(), server(FromFunction(ask))).answer(headers=bearer("good"))
    assert (503, ["7"]) == (reply.status, reply.all("retry-after"))
    assert ["bearerguard"] == [record.name for record in caplog.records if record.levelname == "ERROR"]


def test_files_still_go_out(kind: str) -> None:
    """A streaming response has no content to touch."""
    view = Seen(lambda request: FileResponse(BytesIO(b"file"), filename="x"))
    warns = pytest.warns(Warning, match="synchronous iterators") if kind == ASGI else nullcontext()
    with warns:  # Django's own advice to views under ASGI
        assert b"file" == project(kind, view).answer(query="access_token=good").body


def test_a_blocking_store_does_not_block_the_loop(kind: str) -> None:
    """Under ASGI it is asked on another thread than the loop's."""
    threads: list[int] = []

    class Noting(ThreadedStore):
        def find(self, digest: bytes) -> Any:
            threads.append(threading.get_ident())
            return super().find(digest)

    store = Noting()
    token = stored(store)
    assert 200 == project(kind, Seen(), server(StoredTokens(store))).answer(headers=bearer(token)).status
    assert [kind == WSGI] == [one == threading.get_ident() for one in threads]


def test_an_async_store_is_awaited_or_found_at_start(kind: str) -> None:
    """A coroutine nobody awaits is truthy, so it must not come to that."""
    store = AsyncStore()
    guarded = project(kind, Seen(), server(StoredTokens(store)))
    headers = bearer(stored(store))
    if kind == ASGI:
        assert 200 == guarded.answer(headers=headers).status
    else:
        with pytest.raises(ConfigurationError, match=r"AsyncStore.find is async, .* sync-only"):
            guarded.answer(headers=headers)


def test_sync_only_middleware_below_ours_makes_it_sync(kind: str) -> None:
    """Django then calls it on a thread, where a store may block, and an async one is found at start."""
    guarded = project(kind, Seen())
    guarded.behind = ["tests.adapters.django_project.sync_only"]
    assert 200 == guarded.answer(headers=bearer("good")).status
    guarded.server = server(StoredTokens(AsyncStore()))
    with pytest.raises(ConfigurationError, match="is async"):
        guarded.answer()


def test_load_user_gives_the_user_of_guarded_views(kind: str) -> None:
    """An async one under ASGI, where Django's own database calls are async too."""
    user = SimpleNamespace(pk=7)

    def load(facts: AccessToken) -> Any:
        return user

    async def load_async(facts: AccessToken) -> Any:
        return user

    seen: list[Any] = []
    view = requires()(lambda request: seen.append(request.user) or HttpResponse())
    guarding = server(load_user=load_async if kind == ASGI else load)
    project(kind, view, guarding).answer(headers=bearer("good"))
    assert [user] == seen


def test_the_core_sees_what_django_routes_on(kind: str) -> None:
    """`path_info`, which a middleware before us may have changed."""
    assert "/changed" == DjangoRequest(request_with(kind, path_info="/changed")).path


def test_standing_is_left_where_decorators_look(kind: str) -> None:
    """In META, and under ASGI in the scope too, for applications mounted within."""
    view = Seen()
    project(kind, view).answer(headers=bearer("good"))
    places = [view.last.META, view.last.scope] if kind == ASGI else [view.last.META, view.last.environ]
    assert [True, True] == [STANDING in place for place in places]


class Anything:
    """Whatever is no server."""


SERVER = server(FromFunction(known()))
MISTAKES: list[tuple[Any, str]] = [
    (None, 'must be a dict that names a server, such as {"server": "project.guard.server"}'),
    ("project.guard.server", "must be a dict"),
    ({"anonymous": True}, "must be a dict that names a server"),
    ({"server": SERVER, "publik": ()}, "knows no 'publik': it takes server, anonymous, public"),
    ({"server": SERVER, "anonymous": "no"}, r'\["anonymous"\] must be True or False'),
    ({"server": SERVER, "public": "/health"}, r'\["public"\]: public= must be a tuple of paths'),
    ({"server": SERVER, "public": ["/*"]}, "would leave nothing guarded"),
    ({"server": "no.such.module"}, r"""\["server"\] names 'no.such.module', which cannot be imported"""),
    ({"server": "server"}, "which cannot be imported"),
    ({"server": f"{__name__}.Anything"}, "must be a ResourceServer or the path of one, not type"),
    ({"server": object()}, "must be a ResourceServer or the path of one, not object"),
]


@pytest.mark.parametrize(("found", "mistake"), MISTAKES)
@pytest.mark.parametrize("error", [ConfigurationError, ImproperlyConfigured])
def test_a_mistake_in_the_settings_is_found_at_start(kind: str, found: Any, mistake: str, error: Any) -> None:
    """Django's kind of error, and ours, before the first request."""
    guarded = project(kind, Seen())
    with (
        guarded.running(),
        override_settings(BEARERGUARD=found),
        pytest.raises(error, match=mistake) as raised,
    ):
        BearerGuardMiddleware(lambda request: HttpResponse())
    assert str(raised.value).startswith("settings.BEARERGUARD ")


def test_a_server_can_be_named_by_its_path(kind: str) -> None:
    """So that settings need not import what needs the settings."""
    guarded = project(kind, Seen())
    guarded.server = f"{__name__}.SERVER"  # type: ignore[assignment]
    assert 401 == guarded.answer(headers=bearer("unknown")).status


def test_two_hundred_requests_at_once_are_all_judged(kind: str) -> None:
    """One instance serves them all; nothing of a request is kept on it."""
    tokens = ("good", "bad") * 100

    async def ask(app: Any) -> list[int]:
        scopes = [asgi_scope(headers=bearer(token)) for token in tokens]
        return [
            reply.status for reply in await asyncio.gather(*(answer_asgi(app, scope) for scope in scopes))
        ]

    with project(kind, Seen()).running() as app, ThreadPoolExecutor(20) as threads:
        if kind == ASGI:
            found = asyncio.run(ask(app))
        else:
            environs = [wsgi_environ(headers=bearer(token)) for token in tokens]
            found = [reply.status for reply in threads.map(lambda environ: call_wsgi(app, environ), environs)]
    assert [200, 401] * 100 == found
