"""Register applications and users: the same rules for the command and the pages (RFC 6749 section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import CONFIDENTIAL, PUBLIC, Application, Kind, User
from bearerguard.devserver.redirect_uris import check_registrable
from bearerguard.devserver.secrets import digest_of, hash_password, new_id, new_secret
from bearerguard.errors import ConfigurationError

MAX_NAME_CHARACTERS = 64  # it has to fit on the consent page
MAX_REDIRECT_URIS = 20
MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 1_024  # hashing is slow on purpose: not as slow as somebody likes
MAX_EMAIL_CHARACTERS = 254  # RFC 5321 section 4.5.3.1.3
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")  # nothing is sent there, so a glance is enough


def register(
    parts: Parts,
    *,
    name: str,
    kind: Kind = CONFIDENTIAL,
    installed: bool = False,
    redirect_uris: Iterable[str] = (),
    scopes: Iterable[str] | None = None,
    owner: str | None = None,
) -> tuple[Application, str | None]:
    """Register an application; give it with its secret, which nobody can read again. A public one has none.

    `scopes` are those that it may ask for, None for all. Raises ConfigurationError.
    """
    check_name(name)
    check_kind(kind, installed=installed)
    secret = new_secret() if kind == CONFIDENTIAL else None
    application = Application(
        new_id(),
        name,
        kind=kind,
        installed=installed,
        redirect_uris=check_redirect_uris(redirect_uris, kind=kind, installed=installed),
        scopes=None if scopes is None else check_scopes(scopes, parts.settings.scopes),
        secret_digest=None if secret is None else digest_of(secret),
        owner=owner,
        created_at=parts.now(),
    )
    parts.applications.add(application)
    return application, secret


def add_user(parts: Parts, name: str, password: str, *, email: str | None = None) -> User:
    """Add somebody who can log in. Raises ConfigurationError."""
    check_name(name)
    check_password(password)
    check_email(email)
    if parts.applications.find(name) is not None:
        # A subject that is the client is how a guard knows an application (RFC 9068 section 5).
        raise ConfigurationError("this is the client_id of an application: choose another name")
    user = User(name, password_hash=hash_password(password), email=email, created_at=parts.now())
    parts.users.add(user)
    return user


def change_password(parts: Parts, name: str, password: str) -> None:
    """Give a user another password, which ends all sessions; tokens stay. Raises ConfigurationError."""
    check_password(password)
    if not parts.users.change_password(name, hash_password(password)):
        raise ConfigurationError("there is no user of this name: see user list")


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a user or an application. Raises ConfigurationError."""
    if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
        raise ConfigurationError("a name must be of printable characters, without spaces at its ends")
    if len(name) > MAX_NAME_CHARACTERS:
        raise ConfigurationError(f"a name must not be longer than {MAX_NAME_CHARACTERS} characters")


def check_password(password: str) -> None:
    """Refuse what cannot be a password. Raises ConfigurationError."""
    if (
        not isinstance(password, str)
        or not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS
        or not password.isprintable()  # what a form cannot bring back to us, nobody could log in with
    ):
        raise ConfigurationError(
            f"a password must be of {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS:,} "
            "printable characters"
        )


def check_email(email: str | None) -> None:
    """Refuse what is no e-mail address at first sight. Raises ConfigurationError."""
    if email is None:
        return
    if not isinstance(email, str) or len(email) > MAX_EMAIL_CHARACTERS or not _EMAIL.fullmatch(email):
        raise ConfigurationError("an e-mail address must be like alice@example.org")


def check_kind(kind: str, *, installed: bool) -> None:
    """Refuse a kind that there is not. Raises ConfigurationError."""
    if kind not in (CONFIDENTIAL, PUBLIC):
        raise ConfigurationError('an application is "confidential" or "public" (RFC 6749 section 2.1)')
    if installed and kind != PUBLIC:
        raise ConfigurationError(
            'an installed application cannot keep a secret: register it with the kind "public"'
        )


def check_redirect_uris(redirect_uris: Iterable[str], *, kind: Kind, installed: bool) -> tuple[str, ...]:
    """Give the redirect URIs, each once, in their order. Raises ConfigurationError."""
    if isinstance(redirect_uris, str):
        raise ConfigurationError('redirect_uris= takes a list: ["https://client.example.org/callback"]')
    uris = tuple(dict.fromkeys(redirect_uris))
    if len(uris) > MAX_REDIRECT_URIS:
        raise ConfigurationError(f"an application may have {MAX_REDIRECT_URIS} redirect URIs at most")
    for uri in uris:
        check_registrable(uri, installed=installed)
    # A confidential one may do without (client credentials), an installed one has this machine's.
    if not uris and kind == PUBLIC and not installed:
        raise ConfigurationError("a public application needs a redirect URI: where answers to it go")
    return uris


def check_scopes(scopes: Iterable[str], known: Mapping[str, str]) -> frozenset[str]:
    """Give the scopes as a set. Raises ConfigurationError for one that the server has not."""
    if isinstance(scopes, str):
        raise ConfigurationError('scopes= takes a list of scopes: ["profile", "tag"]')
    asked = frozenset(scopes)
    if not asked <= known.keys():
        raise ConfigurationError("scopes= names a scope that this server does not have: see its settings")
    return asked
