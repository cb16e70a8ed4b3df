"""An endpoint to be asked, over a client that makes no call."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.clients.endpoint import Endpoint
from bearerguard.errors import Unavailable
from bearerguard.flow import Flow
from tests.clients.answering import AnsweringClient, answer
from tests.support import Clock

URL = "https://as.example.org/introspect"


def content_of(response: Any) -> Any:
    """What is made of an answer where nothing else is said."""
    return response.content


class Asking:
    """An endpoint under a clock that stands still."""

    def __init__(self, *answers: Any, **settings: Any) -> None:
        self.client = AnsweringClient(list(answers) or [answer(b"content")])
        self.clock = Clock(500.0)
        self.endpoint = Endpoint(
            **{
                "url": URL,
                "owner": "Introspection",
                "what": "the endpoint",
                "http": self.client,
                "timeout_seconds": 2.0,
                "max_in_flight": 64,
                "allow_loopback_http": False,
                "monotonic": self.clock,
                **settings,
            },
        )

    def ask(self, read: Any = content_of) -> Flow[Any]:
        return self.endpoint.ask(read, method="POST", fields={"Accept": "x"}, content=b"a=b")

    def failure(self, finish: Any, read: Any = content_of) -> Exception:
        with pytest.raises(Unavailable) as caught:
            finish(self.ask(read))
        return caught.value
