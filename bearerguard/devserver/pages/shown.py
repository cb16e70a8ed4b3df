"""What ends in a page that explains, rather than in an answer to an application."""

from __future__ import annotations

from bearerguard.errors import BearerGuardError

START_AGAIN = "Nothing was granted. Go back to the application and start again from there."


class Shown(BearerGuardError):
    """Shown to the person as a page of its own; title and description are our own words only."""

    def __init__(
        self,
        title: str,
        description: str,
        *,
        status: int = 400,
        error: str | None = None,
        back: tuple[str, str] | None = None,
    ) -> None:
        """`back` is the path of a page of ours to go on to, and what it is called."""
        super().__init__(description)
        self.back = back
        self.title = title
        self.description = description
        self.status = status
        self.error = error


class Unanswerable(Shown):
    """A request of which nobody knows whose it is: never sent anywhere (RFC 6749 section 4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__("This request cannot be answered", description, error=error)


class Stale(Shown):
    """A form that is not, or not any more, the one that we gave to this person."""

    def __init__(self, then: str = START_AGAIN) -> None:
        super().__init__(
            "This form does not count",
            f"It is too old, or it did not come from a page of this server. {then}",
        )


class AnsweredAlready(Shown):
    """A form that was posted twice."""

    def __init__(self, then: str, *, back: tuple[str, str] | None = None) -> None:
        super().__init__("This has been answered already", then, back=back)
