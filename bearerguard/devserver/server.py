"""The development authorization server as one object: start it, register with it, ask it for tokens."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from bearerguard.devserver.application import create_app
from bearerguard.devserver.certificates import certificate_beside, files_beside, own_certificate
from bearerguard.devserver.driving import Decision, Person
from bearerguard.devserver.faults import Faults
from bearerguard.devserver.listening import LOCALHOST, addresses_of, check_port, listen, name_of, origin_of
from bearerguard.devserver.parts import Parts, open_parts
from bearerguard.devserver.records import CONFIDENTIAL, PUBLIC, Registered, User
from bearerguard.devserver.registering import add_user, check_scopes, register
from bearerguard.devserver.serving import Server
from bearerguard.devserver.settings import Settings
from bearerguard.devserver.state.lock import hold_alone
from bearerguard.errors import ConfigurationError
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore


class DevServer:
    """An authorization server for development and tests, on https and this machine only.

    `path` is the SQLite file that it makes, or has made before; a guard in front of an API reads its
    tokens there: `StoredTokens(dev.store)`. `port=0` takes any free port. `certificate` and `key` are PEM
    files of one's own in place of what is made beside the store. It can be started again after a stop.

    Raises ConfigurationError. Does not: belong in production; whoever can log in here is made up.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        settings: Settings | None = None,
        host: str = LOCALHOST,
        port: int = 0,
        create: bool = True,
        listen_beyond_loopback: bool = False,
        certificate: str | os.PathLike[str] | None = None,
        key: str | os.PathLike[str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        check_port(port)
        if key is not None and certificate is None:
            raise ConfigurationError("key= is the key of a certificate: give certificate= too")
        self._host, self._port = host, port
        self._addresses = addresses_of(host, beyond_loopback=listen_beyond_loopback)
        name = name_of(host, self._addresses)
        self._own = None if certificate is None else own_certificate(Path(certificate), _path(key), host=name)
        self._parts = open_parts(path, issuer="", settings=settings or Settings(), create=create, clock=now)
        self._file = Path(path).absolute()
        self._servers: list[Server] = []
        self._held = ExitStack()
        self._passwords: dict[str, str] = {}

    @property
    def issuer(self) -> str:
        """The name by which clients know it (RFC 8414); it has one while it runs."""
        if not self._servers:
            raise ConfigurationError("the development server has no address yet: start it first")
        return self._parts.issuer

    @property
    def ca_file(self) -> Path:
        """The PEM file by which clients trust it: their `verify=` or `--cacert`."""
        return self._own.ca_file if self._own else files_beside(self._file)[1]

    @property
    def store(self) -> SqliteTokenStore:
        """The token store, for `StoredTokens`."""
        return self._parts.store

    @property
    def settings(self) -> Settings:
        """How it behaves."""
        return self._parts.settings

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self._parts.faults

    @property
    def parts(self) -> Parts:
        """What its endpoints work with."""
        return self._parts

    def start(self) -> None:
        """Begin to answer, on threads.

        Raises ConfigurationError, also when it, or another on the same file, runs already.
        """
        if self._servers:
            raise ConfigurationError("the development server runs already: stop it first")
        with ExitStack() as held, ExitStack() as opened:
            held.enter_context(hold_alone(self._file))
            sockets = [opened.enter_context(one) for one in listen(self._host, self._addresses, self._port)]
            # Not before it is sure that nobody else answers here: clients trust what is there.
            certificate = self._own or certificate_beside(self._file, self._host, now=time.time())
            issuer = origin_of(self._host, self._addresses, sockets[0].getsockname()[1])
            self._parts = dataclasses.replace(self._parts, issuer=issuer)
            app = create_app(self._parts)
            self._servers = [Server(one, app, certificate.server) for one in sockets]
            self._held = held.pop_all()
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        """Stop answering, and cut what is under way; without effect when it does not run."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.stop()
        self._held.close()
        self._parts.store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def register(
        self,
        name: str,
        *,
        redirect_uris: Iterable[str] = (),
        public: bool = False,
        installed: bool = False,
        scopes: Iterable[str] | None = None,
    ) -> Registered:
        """Register an application (RFC 6749 section 2); an installed one is public.

        `scopes` are those it may ask for, None for all. Raises ConfigurationError.
        """
        application, secret = register(
            self._parts,
            name=name,
            kind=PUBLIC if public or installed else CONFIDENTIAL,
            installed=installed,
            redirect_uris=redirect_uris,
            scopes=scopes,
        )
        return Registered(application.client_id, secret, application)

    def add_user(self, name: str, password: str, *, email: str | None = None) -> User:
        """Add somebody who can log in. Raises ConfigurationError."""
        user = add_user(self._parts, name, password, email=email)
        self._passwords[name] = password
        return user

    def password_of(self, user: str) -> str:
        """Give the password of a user that was added through this object. Raises ConfigurationError."""
        if user not in self._passwords:
            if self._parts.users.find(user) is None:
                raise ConfigurationError("there is no user of this name: add one with add_user()")
            raise ConfigurationError("the password of this user is not known here: give it with password=")
        return self._passwords[user]

    def token(
        self,
        *,
        subject: str | None = None,
        client_id: str | None = None,
        scopes: Iterable[str] = (),
        lifetime_seconds: float | None = None,
    ) -> str:
        """Give an access token without any flow, for a lifetime as the settings have it.

        Raises ConfigurationError. Does not: ask whether there is such a user or application.
        """
        parts = self._parts
        token, record = issue(
            subject=subject,
            client_id=client_id,
            scopes=check_scopes(scopes, parts.settings.scopes),
            lifetime_seconds=lifetime_seconds or parts.settings.access_token_seconds,
            now=parts.now,
        )
        parts.store.add(record)
        if parts.faults.revoke_at_once:
            parts.store.revoke(record.digest)
        return token

    def approve(self, url: str, *, user: str, password: str | None = None) -> str:
        """Do what a person does with an authorization URL: log in, and allow what is asked for.

        Give the Location that leads back to the application, whatever it says, or for
        `urn:ietf:wg:oauth:2.0:oob` the code. Raises NotAnswered where the server shows a page instead.
        """
        return self._open(url, user, password, "allow")

    def deny(self, url: str, *, user: str, password: str | None = None) -> str:
        """Log in and do not allow it; the rest is as with `approve`."""
        return self._open(url, user, password, "deny")

    def _open(self, url: str, user: str, password: str | None, decision: Decision) -> str:
        person = Person(user, self.password_of(user) if password is None else password, decision)
        return person.open(url, issuer=self.issuer, ca_file=self.ca_file)


def _path(path: str | os.PathLike[str] | None) -> Path | None:
    return None if path is None else Path(path)
