"""Start anew in a forked child: another thread may have held a lock, or been in the middle, at the fork."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something with locks, and with what they protect."""

    def renew(self) -> None:
        """Make new locks, and forget whatever may be half done."""


_renewables: WeakSet[Renewable] = WeakSet()


def renew_in_child(renewable: Renewable) -> None:
    """Have this called `renew` in every child that is forked while it is alive."""
    _renewables.add(renewable)


def _renew_all() -> None:
    for renewable in list(_renewables):
        renewable.renew()


if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)
