"""Find the request among the arguments of a view."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_origin

from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket

from bearerguard.errors import ConfigurationError

_NAMES = frozenset({"request", "websocket"})
_TYPES = (HTTPConnection, Request, WebSocket)

Parameter = inspect.Parameter


@dataclass(frozen=True, slots=True)
class Place:
    """Where a view takes its request or websocket: by name, or at a position."""

    name: str
    index: int

    def find(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> HTTPConnection:
        """Find the request in a call. Raises ConfigurationError where something else is."""
        found = named.get(self.name)
        if found is None and self.index < len(arguments):
            found = arguments[self.index]
        if not isinstance(found, HTTPConnection):
            raise ConfigurationError(
                f"the parameter {self.name!r} of a view behind requires() must be its Request or WebSocket, "
                f"not {type(found).__name__}"
            )
        return found


def place_of(view: Callable[..., Any]) -> Place:
    """Find where a view takes its request.

    Raises ConfigurationError for a view that has none, for a class and for a generator.
    """
    if inspect.isclass(view) or not callable(view):
        raise ConfigurationError("requires() goes on functions and methods, such as get(): not on a class")
    if inspect.isgeneratorfunction(view) or inspect.isasyncgenfunction(view):
        raise ConfigurationError(
            "requires() cannot answer in place of a generator: ask for the scopes by a dependency, "
            'Security(bearer, scopes=["..."]), or return a StreamingResponse'
        )
    for index, parameter in enumerate(inspect.signature(view).parameters.values()):
        if _takes_connection(parameter):
            return Place(parameter.name, index)
    raise ConfigurationError(
        f"{getattr(view, '__qualname__', view)} has no request that requires() could look at: "
        "give it a parameter request: Request, or websocket: WebSocket"
    )


def _takes_connection(parameter: Parameter) -> bool:
    if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
        return False
    annotation = parameter.annotation
    if isinstance(annotation, str):  # from __future__ import annotations: names may not be defined yet
        name = annotation.partition("[")[0].rpartition(".")[2]
        return parameter.name in _NAMES or name in {one.__name__ for one in _TYPES}
    kind = get_origin(annotation) or annotation
    return parameter.name in _NAMES or (inspect.isclass(kind) and issubclass(kind, HTTPConnection))
