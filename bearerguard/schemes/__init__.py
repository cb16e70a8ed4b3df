"""How a token rides on a request, and how its sender proves it: the door."""

from __future__ import annotations

from abc import ABC, abstractmethod

from bearerguard.credentials import Credentials, Found
from bearerguard.errors import Refusal
from bearerguard.flow import Flow, Step
from bearerguard.request import ResourceRequest
from bearerguard.token import AccessToken


class Scheme(ABC):
    """One HTTP auth-scheme (RFC 9110 section 11.1).

    `requires_https` is False only for a scheme whose secret never travels. `has_proofs` says that a
    request carries evidence of holding a key, so that `confirm` is asked on every one; without, it is
    asked only about a token that is bound to a key.
    """

    name: str
    requires_https: bool = True
    has_proofs: bool = False

    @abstractmethod
    def find(self, request: ResourceRequest) -> Step[Found]:
        """Find this scheme's credentials; None where the request has none.

        Whatever was found in a place that gets logged is taken out of there, also when the answer is
        a refusal. Raises InvalidRequest when they are malformed or come more than once.
        """

    @abstractmethod
    def hide(self, request: ResourceRequest) -> None:
        """Take credentials out of the places that get logged, without a look at them."""

    @abstractmethod
    def confirm(
        self, credentials: Credentials, facts: AccessToken, request: ResourceRequest
    ) -> Flow[None] | None:
        """Make sure that this sender may use this token, at once (None) or by a flow.

        Raises InvalidToken or InvalidProof.
        """

    @abstractmethod
    def challenge(self, realm: str, refusal: Refusal | None) -> str:
        """Write this scheme's challenge; None is the bare one."""
