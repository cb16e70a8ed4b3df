"""What a client presented never shows."""

from __future__ import annotations

from hashlib import sha256

from bearerguard.credentials import Credentials


def test_neither_token_nor_proof_shows() -> None:
    """A repr may end in a log or a traceback."""
    shown = repr(Credentials("Bearer", b"s3cret", "query", "pr00f"))
    assert "Credentials(scheme='Bearer', transport='query')" == shown


def test_a_token_is_named_by_eight_digits_of_its_digest() -> None:
    """Enough to find it in the store, far too few to guess it."""
    credentials = Credentials("Bearer", b"s3cret")
    assert sha256(b"s3cret").digest() == credentials.digest()
    assert sha256(b"s3cret").hexdigest()[:8] == credentials.logged_digest()
