"""What is taken for a password where somebody types the place of a store."""

from __future__ import annotations

import pytest

from bearerguard.cli.places import has_password


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("redis://:s3/cr#e?t@h", True),
        ("mysql://root:s3@cret@h/db", True),
        ("redis+sentinel://h:1/svc?sentinel_password=s3cret", True),
        ("postgresql://app@h:5432/db", False),
        ("redis://h:6379/0", False),
    ],
)
def test_a_password_is_seen_whatever_is_in_it(text: str, is_there: bool) -> None:
    """Up to the last @, as people type it."""
    assert is_there == has_password(text)
