"""The async twins of a store that nobody can await: what may wait for a disk goes to a thread."""

from __future__ import annotations

from abc import abstractmethod

from anyio import to_thread

from bearerguard.stores import TokenRecord


class AwaitedInThreads:
    """For a store whose look-up is quicker than a thread."""

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
        return self.find(digest)

    async def aadd(self, record: TokenRecord) -> None:
        """Do what `add` does, on an event loop."""
        await to_thread.run_sync(self.add, record)

    async def arevoke(self, digest: bytes) -> bool:
        """Do what `revoke` does, on an event loop."""
        return await to_thread.run_sync(self.revoke, digest)

    async def aextend(self, record: TokenRecord) -> None:
        """Do what `extend` does, on an event loop."""
        await to_thread.run_sync(self.extend, record)
