"""What an endpoint is built from: a mistake is found at once, and the cure is named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError
from tests.clients.answering import AnsweringClient
from tests.clients.asking import Asking

NO_SECONDS = "Introspection(timeout_seconds=...) must be a finite number of seconds, more than 0"
NO_CALLS = "Introspection(max_in_flight=...) must be a number of calls, 1 or more"
NO_CLIENT = "Introspection(http=...) must be a client such as HttpxClient(ca_file=...): "


METHODS = {"send": False, "asend": True, "close": False, "aclose": True}


def plain() -> None: ...


async def later() -> None: ...


def client(**changes: Any) -> Any:
    """A client whose methods are as they must be, but for these."""
    methods = {name: later if is_async else plain for name, is_async in METHODS.items()}
    return SimpleNamespace(**{**methods, **changes})


def complaint(**settings: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Asking(**settings)
    return str(caught.value)


@pytest.mark.parametrize("http", [None, "https://as.example.org", 5, AnsweringClient, plain])
def test_anything_but_a_client_is_a_mistake(http: Any) -> None:
    """A class is none yet."""
    assert f"{NO_CLIENT}{type(http).__name__} has no def send()" == complaint(http=http)


@pytest.mark.parametrize(("name", "is_async"), METHODS.items())
@pytest.mark.parametrize("change", ["missing", "no function", "of the other colour"])
def test_a_client_has_both_colours_and_can_be_closed(name: str, is_async: bool, change: str) -> None:
    """Else that would be found by the first request."""
    changes = {"missing": None, "no function": "close", "of the other colour": plain if is_async else later}
    colour = "async def" if is_async else "def"
    expected = f"{NO_CLIENT}SimpleNamespace has no {colour} {name}()"
    assert expected == complaint(http=client(**{name: changes[change]}))


def test_a_client_of_somebodys_own_is_as_good_as_ours() -> None:
    """It needs these four methods and nothing else."""
    Asking(http=client())


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        *[({"timeout_seconds": one}, NO_SECONDS) for one in (0, -1.0, True, "2", None, float("inf"))],
        *[({"max_in_flight": one}, NO_CALLS) for one in (0, -1, 1.5, True, "64", None)],
        *[
            (
                {"allow_loopback_http": one},
                "Introspection(allow_loopback_http=...) must be True or False",
            )
            for one in (1, None, "True")
        ],
        (
            {"url": None},
            'Introspection needs a URL, such as "https://as.example.org/introspect"',
        ),
        (
            {"url": "http://localhost/introspect"},
            "Introspection sends tokens to this URL, so it must be https; "
            "allow_loopback_http=True excuses http to this machine, for development",
        ),
    ],
)
def test_a_setting_that_could_not_work_is_a_mistake(settings: dict[str, Any], expected: str) -> None:
    """And the setting is named as its owner's."""
    assert expected == complaint(**settings)


def test_http_to_this_machine_can_be_excused() -> None:
    """For development."""
    Asking(url="http://localhost/introspect", allow_loopback_http=True)
