"""One server for the tests of a file; each makes the codes and tokens that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.devserver.support import Workshop, quick_folder

MakeWorkshop = Callable[..., Workshop]


@pytest.fixture(scope="module")
def make_workshop() -> Iterator[MakeWorkshop]:
    """Build a server with settings of its own."""
    with quick_folder() as folder:
        names = (folder / f"{number}.db" for number in count())
        yield lambda **settings: Workshop(next(names), **settings)


@pytest.fixture(scope="module")
def workshop(make_workshop: MakeWorkshop) -> Workshop:
    """A server with the settings that everybody gets."""
    return make_workshop()
