"""A client of both colours that makes no call: it answers what it is told to, and notes what it was asked."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.flow import Flow, arun, run

JSON = "application/json"


def on_a_loop(flow: Flow[Any]) -> Any:
    """Run a flow to its end on an event loop of its own."""
    return asyncio.run(arun(flow))


in_both_colours = pytest.mark.parametrize("finish", [run, on_a_loop], ids=["thread", "loop"])


def answer(content: Any = b"", status: int = 200, content_type: str | None = JSON) -> HttpResponse:
    """An answer with this content; what is not bytes becomes JSON."""
    fields = {} if content_type is None else {"content-type": content_type}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return HttpResponse(status=status, fields=fields, content=body)


def active(**claims: Any) -> HttpResponse:
    """What a server says of a good token; a claim that is `...` is left out."""
    said = {"active": True, "sub": "alice", "client_id": "app", "scope": "tag", **claims}
    return answer({name: claim for name, claim in said.items() if claim is not ...})


@dataclass
class AnsweringClient:
    """Gives its answers in turn, the last one again and again; an exception among them is raised."""

    answers: list[Any] = field(default_factory=lambda: [active()])
    meanwhile: Callable[[], Any] = field(default=lambda: None, repr=False)
    gate: threading.Event | None = field(default=None, repr=False)
    asked: list[HttpRequest] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpResponse:
        self._note("send", request)
        if self.gate is not None:
            assert self.gate.wait(10)
        return self._answer(request)

    async def asend(self, request: HttpRequest) -> HttpResponse:
        self._note("asend", request)
        await asyncio.sleep(0)
        while self.gate is not None and not self.gate.is_set():  # noqa: ASYNC110 - one gate for both colours
            await asyncio.sleep(0)
        return self._answer(request)

    def close(self) -> None:
        self.called.append("close")

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.called.append("aclose")

    @property
    def times(self) -> int:
        return len(self.asked)

    def says(self, *answers: Any) -> None:
        """Answer so from now on."""
        self.answers = list(answers)

    def _note(self, colour: str, request: HttpRequest) -> None:
        self.called.append(colour)
        self.asked.append(request)

    def _answer(self, request: HttpRequest | None = None) -> HttpResponse:
        self.meanwhile()
        found: Any = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, BaseException):
            raise found
        response: HttpResponse = found
        return response
