"""Who is logged in, kept in Flask's signed cookie: the name, since when, and a secret that forms repeat."""

from __future__ import annotations

import hmac
import secrets
from collections import Counter
from threading import Lock

from flask import session

from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import User
from bearerguard.devserver.secrets import digest_of

SESSION_SECONDS = 8 * 3_600.0  # a working day


class Sessions:
    """Logging in and out. The cookie goes over https only, and no script can read it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        # A cookie stays signed after the logout: a copy of it must not count any more. Counted for each
        # user, so that there are no more entries than users, and nobody can make an old one go.
        self._logouts: Counter[str] = Counter()
        self._lock = Lock()

    def user(self) -> User | None:
        """Give who is logged in, None for nobody."""
        name, since = session.get("user"), session.get("since")
        if name is None or since is None:
            return None
        if self._parts.clock() >= since + SESSION_SECONDS or session.get("logouts") != self._logouts[name]:
            return None
        user = self._parts.users.find(name)
        # Who has a new password, or was removed and added again, is not who has logged in here.
        return None if user is None or session.get("login") != _login_of(user) else user

    def log_in(self, user: User) -> None:
        """Begin a session anew, so that one which somebody planted here is worth nothing."""
        session.clear()
        session["user"] = user.name
        session["login"] = _login_of(user)
        session["since"] = self._parts.clock()
        session["logouts"] = self._logouts[user.name]
        session["secret"] = secrets.token_urlsafe(16)

    def log_out(self) -> None:
        """End all sessions of who is logged in here, in other browsers and in copies of the cookie too."""
        user = self.user()
        if user is not None:
            with self._lock:
                self._logouts[user.name] += 1
        session.clear()

    def secret(self) -> str:
        """Give the secret that forms repeat; a visitor gets one too, against being logged in as another."""
        if "secret" not in session:
            session["secret"] = secrets.token_urlsafe(16)
        return str(session["secret"])

    def has_secret(self, given: str) -> bool:
        """Tell whether a form repeats the secret of the session that it comes in."""
        kept = session.get("secret")
        return kept is not None and hmac.compare_digest(given.encode(), str(kept).encode())


def _login_of(user: User) -> str:
    """Stand for the password that somebody has logged in with; nobody can tell it, or its hash, from this."""
    return digest_of(user.password_hash).hex()
