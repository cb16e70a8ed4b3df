"""The async twins of a store that nobody can await: what may block goes to a thread."""

from __future__ import annotations

from abc import abstractmethod

from bearerguard.flow import arun, call
from bearerguard.stores import TokenRecord


class AwaitedByThreads:
    """For a store whose methods block; those that are marked as never doing so are called in place."""

    @abstractmethod
    def find(self, digest: bytes) -> TokenRecord | None: ...

    @abstractmethod
    def add(self, record: TokenRecord) -> None: ...

    @abstractmethod
    def revoke(self, digest: bytes) -> bool: ...

    @abstractmethod
    def extend(self, record: TokenRecord) -> None: ...

    async def afind(self, digest: bytes) -> TokenRecord | None:
        """Give what `find` gives, on an event loop."""
        return await arun(call(self.find, digest))

    async def aadd(self, record: TokenRecord) -> None:
        """Do what `add` does, on an event loop."""
        await arun(call(self.add, record))

    async def arevoke(self, digest: bytes) -> bool:
        """Do what `revoke` does, on an event loop."""
        return await arun(call(self.revoke, digest))

    async def aextend(self, record: TokenRecord) -> None:
        """Do what `extend` does, on an event loop."""
        await arun(call(self.extend, record))
