"""What a store says of itself: where it is, its version, and what an acknowledged change survives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """The answer to "is it there, and is it as it should be?".

    `name` is for people and holds no password. Two stores of the same `identity` are one place.
    `version` is that of the tables, `newest_version` what this bearerguard makes of them; None where
    there are no tables. `durability` says in words what a change survives once it is acknowledged;
    `is_durable` whether that includes a power cut. `is_telling` is False where the triggers that tell other
    processes of revocations are missing or disabled. `forgets_after_seconds` is how long after its expiry
    a record vanishes by itself; None is never.
    """

    name: str
    identity: str
    server: str
    version: int | None
    newest_version: int | None
    durability: str
    is_durable: bool
    is_telling: bool = True
    forgets_after_seconds: float | None = None
