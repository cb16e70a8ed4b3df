"""What the sample service does, whatever framework serves it: a small MusicBrainz, in memory.

Every method takes who asks and the form that was sent, and gives a reply; the scopes have been
checked by then. What belongs to a user is refused to an application that speaks for itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from bearerguard import Authentication

Form = Mapping[str, str]

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")  # ISO 3901
_RATING = re.compile(r"[0-9]{1,2}|100")
_BARCODE = re.compile(r"[0-9]{12,13}")  # UPC-A, EAN-13


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and what becomes the JSON body."""

    status: int
    members: Mapping[str, object]


USERS_ONLY = Reply(
    403, {"error": "users_only", "detail": "This belongs to a user; the token speaks for none."}
)


class Catalogue:
    """Tags, ratings and collections of each user, and what anybody has submitted.

    They are kept by identity: a name that two issuers give is not one user.
    """

    def __init__(self) -> None:
        self._lock = Lock()  # a threaded server calls this from many threads
        self._tags: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._ratings: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._collections: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._submissions: dict[str, str] = {}

    def userinfo(self, who: Authentication, form: Form) -> Reply:
        """The profile; the address only for a token that reaches that far."""
        if (user := _user_of(who)) is None:
            return USERS_ONLY
        profile: dict[str, object] = {"sub": user, "profile": f"https://musicbrainz.example/user/{user}"}
        if "email" in who.scopes:
            profile["email"] = f"{user}@musicbrainz.example"
        if who.access_token.stale:
            profile["stale"] = True  # from before an outage of the authorization server
        return Reply(200, profile)

    def tag(self, who: Authentication, form: Form) -> Reply:
        return self._listed("tags", self._tags, who, form.get("tag"))

    def collection(self, who: Authentication, form: Form) -> Reply:
        return self._listed("collections", self._collections, who, form.get("name"))

    def rating(self, who: Authentication, form: Form) -> Reply:
        """Rate a recording from 0 to 100; without one, give all ratings."""
        if (user := _user_of(who)) is None:
            return USERS_ONLY
        recording, rating = form.get("recording"), form.get("rating", "")
        with self._lock:
            if recording is None:
                return Reply(200, {"user": user, "ratings": dict(self._ratings[who.user.identity])})
            if not _RATING.fullmatch(rating):
                return Reply(422, {"error": "unprocessable", "detail": "A rating is a number from 0 to 100."})
            self._ratings[who.user.identity][recording] = int(rating)
            return Reply(200, {"user": user, "recording": recording, "rating": int(rating)})

    def submit_isrc(self, who: Authentication, form: Form) -> Reply:
        return self._submit("isrc", who, form, _ISRC.fullmatch(form.get("isrc", "")) is not None)

    def submit_barcode(self, who: Authentication, form: Form) -> Reply:
        return self._submit("barcode", who, form, is_barcode(form.get("barcode", "")))

    def _listed(
        self, name: str, kept: defaultdict[str, dict[str, None]], who: Authentication, new: str | None
    ) -> Reply:
        if (user := _user_of(who)) is None:
            return USERS_ONLY
        with self._lock:
            if new:
                kept[who.user.identity][new] = None
            return Reply(200, {"user": user, name: list(kept[who.user.identity])})

    def _submit(self, kind: str, who: Authentication, form: Form, is_right: bool) -> Reply:
        if not is_right:
            return Reply(422, {"error": "unprocessable", "detail": f"That is no {kind}."})
        with self._lock:
            self._submissions[form[kind]] = kind
        return Reply(200, {kind: form[kind], "by": _user_of(who) or who.client_id})


Operation = Callable[[Catalogue, Authentication, Form], Reply]

ROUTES: dict[str, tuple[str, tuple[str, ...], Operation]] = {
    # path: the scope it asks for, its methods, what it does
    "/oauth2/userinfo": ("profile", ("GET", "POST"), Catalogue.userinfo),  # both: OpenID Connect Core 5.3.1
    "/ws/2/tag": ("tag", ("GET", "POST"), Catalogue.tag),
    "/ws/2/rating": ("rating", ("GET", "POST"), Catalogue.rating),
    "/ws/2/collection": ("collection", ("GET", "POST"), Catalogue.collection),
    "/ws/2/isrc": ("submit_isrc", ("POST",), Catalogue.submit_isrc),
    "/ws/2/barcode": ("submit_barcode", ("POST",), Catalogue.submit_barcode),
}
SCOPES = ("profile", "email", "tag", "rating", "collection", "submit_isrc", "submit_barcode")
HEALTH = "/health"  # public: whoever watches over the service has no token


def is_barcode(text: str) -> bool:
    """Tell whether this is a UPC-A or EAN-13 number with the right check digit."""
    if not _BARCODE.fullmatch(text):
        return False
    digits = [int(digit) for digit in text.zfill(13)]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def _user_of(who: Authentication) -> str | None:
    return None if who.access_token.is_application else who.subject
