"""Ask all sentinels who the primary is, and believe who knows of the latest election.

redis-py takes the first answer. But after an election one of them may not have heard of it yet, and an old
primary that comes back takes itself for one for some seconds more. There new tokens are unknown, revoked ones
good, and what is changed is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis import exceptions, sentinel
from redis.asyncio import sentinel as async_sentinel
from redis.utils import str_if_bytes

Address = tuple[str, int]
Answer = tuple[Any, Any]  # the state of the primary, and its address

_NO_ANSWER = (exceptions.ConnectionError, exceptions.TimeoutError)
_Sentinel: Any = sentinel.Sentinel
_AsyncSentinel: Any = async_sentinel.Sentinel


class Sentinels(_Sentinel):  # type: ignore[misc] # redis-py's are not typed in full
    """The sentinels of one service, for threads: each is asked in turn."""

    def discover_master(self, service_name: str) -> Address:
        """Give the address of the primary. Raises MasterNotFoundError."""
        answers: list[Answer] = []
        failure = None
        for one in self.sentinels:
            try:
                # In this order: an address may be newer than its epoch, but never older.
                state = one.sentinel_masters().get(service_name)
                answers.append((state, one.sentinel_get_master_addr_by_name(service_name)))
            except _NO_ANSWER as error:
                failure = error
        found = newest(self, answers, service_name)
        if found is None:
            raise sentinel.MasterNotFoundError from failure
        return found


class AsyncSentinels(_AsyncSentinel):  # type: ignore[misc]
    """The same for an event loop: all are asked at once."""

    async def discover_master(self, service_name: str) -> Address:
        """Give the address of the primary. Raises MasterNotFoundError."""
        asked = (_answer_of(one, service_name) for one in self.sentinels)
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        failures = [one for one in outcomes if isinstance(one, BaseException)]
        for failure in failures:
            if not isinstance(failure, _NO_ANSWER):
                raise failure
        answers = [one for one in outcomes if not isinstance(one, BaseException)]
        found = newest(self, answers, service_name)
        if found is None:
            raise async_sentinel.MasterNotFoundError from next(iter(failures), None)
        return found


async def _answer_of(one: Any, service_name: str) -> Answer:
    state = (await one.sentinel_masters()).get(service_name)
    return state, await one.sentinel_get_master_addr_by_name(service_name)


def newest(manager: Any, answers: Sequence[Answer], service_name: str) -> Address | None:
    """Give the address that those name who know of the latest election; None where they take it for gone.

    Who leads an election names its result before it has written that into the state, which is then still that
    of the old primary.
    """
    known = [
        (state["config-epoch"], (str_if_bytes(address[0]), address[1]), state)
        for state, address in answers
        if state and address
    ]
    latest = max((epoch for epoch, _, _ in known), default=None)
    for epoch, address, state in known:
        is_of_another = address != (state["ip"], state["port"])
        if epoch == latest and (is_of_another or manager.check_master_state(state, service_name)):
            return address
    return None
