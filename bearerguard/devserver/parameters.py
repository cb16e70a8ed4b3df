"""Read the parameters of a request strictly (RFC 6749 sections 3.1, 3.2 and appendix A).

One without a value counts as left out, unknown ones are ignored, and a known one may come once only.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request

from bearerguard.errors import BearerGuardError

MAX_VALUE_CHARACTERS = 4_096  # the longest that is of use is a redirect URI with a state
FORM = "application/x-www-form-urlencoded"


class BadParameter(BearerGuardError):
    """A parameter that cannot be: an `invalid_request`. `str()` is safe to show: our own words only."""

    def __init__(self, name: str | None, description: str) -> None:
        super().__init__(description)
        self.name = name


def form_of(request: Request, known: Collection[str]) -> dict[str, str]:
    """Read what was posted as a form; what these endpoints know must not stand in the URL (section 2.3.1).

    Raises BadParameter.
    """
    if request.mimetype != FORM:
        raise BadParameter(None, f"The body must be a form: {FORM}.")
    in_url = query_values(request)
    for name in known:
        if name in in_url:
            raise BadParameter(name, f"The parameter {name} must be sent in the body, not in the URL.")
    return checked(_values(request.get_data()), known)


def query_of(request: Request, known: Collection[str]) -> dict[str, str]:
    """Read what stands in the URL. Raises BadParameter."""
    return checked(query_values(request), known)


def query_values(request: Request) -> MultiDict[str, str]:
    """Give what stands in the URL, for `checked`."""
    return _values(request.query_string)


def checked(values: MultiDict[str, str], known: Collection[str]) -> dict[str, str]:
    """Give the known parameters that have a value. Raises BadParameter."""
    found = {}
    for name in known:
        given = values.getlist(name)
        if len(given) > 1:
            raise BadParameter(name, f"The parameter {name} must not be sent more than once.")
        if not given or not given[0]:
            continue
        if len(given[0]) > MAX_VALUE_CHARACTERS:
            raise BadParameter(name, f"The parameter {name} is too long.")
        # U+FFFD is what bytes have become that are not UTF-8.
        if not given[0].isprintable() or "\ufffd" in given[0]:
            raise BadParameter(name, f"The parameter {name} has characters that it cannot have.")
        found[name] = given[0]
    return found


def _values(text: bytes) -> MultiDict[str, str]:
    """Parse a form. In Werkzeug's own reading bytes that are not UTF-8 become other text: a literal `%FF`."""
    return MultiDict(parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
