"""What a database cannot keep is a mistake, and no outage."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.stores import TokenRecord
from bearerguard.stores.sql import SqlTokenStore
from tests.stores.databases import database

KEPT = TokenRecord(sha256(b"kept").digest(), "alice", issued_at=1.0, expires_at=None)
WRONG = TokenRecord(sha256(b"wrong").digest(), "al\0ice", issued_at=1.0, expires_at=None)


@pytest.mark.parametrize("add", [SqlTokenStore.add, lambda store, record: store.add_many([KEPT, record])])
def test_a_record_that_cannot_be_kept_is_named_as_one(
    add: Callable[[SqlTokenStore, TokenRecord], object], tmp_path: Path
) -> None:
    """PostgreSQL's texts have no NUL. Nothing of the record is in the message, and nothing was added."""
    with database("postgresql", tmp_path) as url:
        store = SqlTokenStore(url, feed=False)
        with pytest.raises(ConfigurationError, match="cannot keep this record: PostgreSQL has no texts with"):
            add(store, WRONG)
        assert [] == list(store.records())
        store.add(KEPT)  # and it is not left alone as if it were down
        assert KEPT == store.find(KEPT.digest)
        store.close()
