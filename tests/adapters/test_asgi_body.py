"""A form body under ASGI: read within bounds, and given again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bearerguard import (
    AsgiMiddleware,
    Bearer,
)
from tests.support import (
    FORM,
    App,
    AsgiEdge,
    asgi_scope,
    bearer,
    drive_asgi,
    pieces,
    reply_of,
    server,
)
from tests.texts import CUT_SHORT, TOO_LARGE, TOO_SLOW

EDGE = AsgiEdge()


@pytest.mark.parametrize("parts", [[b"access_", b"token=good", b"&a=b"], [b"", b"access_token=good", b""]])
def test_a_body_is_replayed_message_by_message(parts: list[bytes]) -> None:
    """As it came, but for pieces without content: those could fill the memory for nothing."""
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.extend([await receive() for _ in range(len(parts) + 1)])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    guarded = AsgiMiddleware(app, server())
    sent = asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=[FORM]), pieces(parts)))
    assert 204 == sent[0]["status"]
    kept = [one for one in pieces(parts) if one["body"] or not one["more_body"]]
    assert [*kept, {"type": "http.disconnect"}] == received[: len(kept) + 1]


def test_an_endless_body_is_413_after_a_bounded_number_of_bytes() -> None:
    """Without a length, while reading."""
    given: list[int] = []

    def endless() -> Any:
        while True:
            given.append(1_000)
            yield {"type": "http.request", "body": b"x" * 1_000, "more_body": True}

    guarded = EDGE.guard(App(), server())
    reply = reply_of(asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=[FORM]), endless())))
    assert ((413, TOO_LARGE), 17_000) == (reply.brief, sum(given))


def test_an_announced_length_over_the_bound_is_413_without_reading() -> None:
    """Not a byte."""
    app = App()
    guarded = EDGE.guard(app, server())
    headers = [FORM, ("Content-Length", "16385")]

    def nothing() -> Any:
        raise AssertionError("read")
        yield

    reply = reply_of(asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=headers), nothing())))
    assert (413, TOO_LARGE) == reply.brief


@pytest.mark.parametrize(("headers", "expected"), [([], (408, TOO_SLOW)), (bearer("good"), (200, None))])
def test_a_body_that_does_not_arrive_in_time_is_408_or_passes_beside_a_token(
    headers: list[tuple[str, str]], expected: tuple[int, str | None]
) -> None:
    """The application then gets what had come, and what comes."""
    app = App()
    guarded = EDGE.guard(app, server(schemes=[Bearer(form=True, body_timeout_seconds=0.02)]))
    sent: list[Any] = []

    async def scenario() -> None:
        waiting = asyncio.Queue[Any]()
        waiting.put_nowait({"type": "http.request", "body": b"a=", "more_body": True})

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.get_running_loop().call_later(
            0.06, waiting.put_nowait, {"type": "http.request", "body": b"1"}
        )
        await guarded(asgi_scope("POST", headers=[FORM, *headers]), waiting.get, send)

    asyncio.run(scenario())
    assert expected == reply_of(sent).brief
    assert ([b"a=1"] if headers else []) == [one["body"] for one in app.seen]


def test_a_client_that_leaves_in_the_middle_of_its_form_is_refused() -> None:
    """Nobody reads the answer, but nothing passes."""
    app = App()
    messages = [{"type": "http.request", "body": b"access_token=good", "more_body": True}]
    guarded = EDGE.guard(app, server())
    reply = reply_of(asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=[FORM]), messages)))
    assert ((400, CUT_SHORT), []) == (reply.brief, app.seen)


def test_a_body_that_is_no_form_is_not_touched() -> None:
    """The application's own receive is what the server gave."""
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.append(receive)
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Any: ...

    async def send(message: Any) -> None: ...

    guarded = AsgiMiddleware(app, server())
    for headers in (bearer("good"), [*bearer("good"), ("Content-Type", "application/json")]):
        asyncio.run(guarded(asgi_scope("POST", headers=headers), receive, send))
    assert [receive, receive] == received


def test_pieces_without_end_meet_the_deadline() -> None:
    """A server that always has an empty piece ready leaves no other moment to look at the clock."""
    received = 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1
        assert received < 1_000_000  # without end
        return {"type": "http.request", "body": b"", "more_body": True}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    resource_server = server(schemes=[Bearer(form=True, body_timeout_seconds=0.05)])
    guarded = EDGE.guard(App(), resource_server)
    asyncio.run(guarded(asgi_scope("POST", headers=[FORM]), receive, send))
    assert (408, True) == (sent[0]["status"], received > 1)
