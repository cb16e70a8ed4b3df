"""What the core may see of an HTTP request; each adapter says how its server spells it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from bearerguard.errors import InvalidRequest

BODY_TOO_LARGE = "The form body is larger than this resource server reads in search of a token."
BODY_TOO_SLOW = "The form body did not arrive in time."
BODY_CUT_SHORT = "The form body ended before its announced length."
BODY_MALFORMED = "The form body is malformed: its chunks cannot be read."


class ResourceRequest(ABC):
    """One request, read lazily: a field is looked up when it is asked for, the body only by `read_body`."""

    started_at: float = 0.0  # when `authenticate` began, where somebody wants to know
    method: str
    scheme: str
    """http or https, ws or wss, as the server says."""

    @abstractmethod
    def authorization(self) -> Sequence[bytes]:
        """The values of the Authorization field, one for each line that came."""

    @abstractmethod
    def field(self, name: str) -> bytes | None:
        """The value of a header field by its lower-case name; repeated lines are joined with a comma."""

    @abstractmethod
    def has_forwarded_field(self) -> bool:
        """Whether a proxy, or somebody who plays one, has added a field about the client."""

    @property
    @abstractmethod
    def path(self) -> str: ...

    @property
    @abstractmethod
    def authority(self) -> str:
        """Host and port as the client named them; never a basis for trust."""

    @property
    @abstractmethod
    def peer(self) -> str | None:
        """The address of whoever is connected to the server; None where it is not an IP socket."""

    @property
    @abstractmethod
    def query(self) -> bytes:
        """The query string, still encoded."""

    @abstractmethod
    def replace_query(self, query: bytes) -> None:
        """Put another query string where the server, its access line and the application look."""

    read_body: Callable[[int, float], Any]
    """Read a whole body: `(max_bytes, timeout_seconds) -> bytes`, sync or async.

    Raises BodyNotRead when it is too large, too slow or cut short. In each case the application still
    gets every byte.
    """

    @property
    def vouched_for(self) -> Any:
        """The facts that a test put on this request instead of a token (see `bearerguard.testing`)."""
        return None


class BodyNotRead(InvalidRequest):
    """The body is not a form that we can look into."""
