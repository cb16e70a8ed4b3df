"""Serve what a case is about, send load to each server in turn, and stop them all, whatever happens."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bearerguard.bench.figures import in_turn
from bearerguard.bench.load import Load, LoadError, send_load, status_of
from bearerguard.bench.own_app import processors
from bearerguard.bench.serving import SERVERS, Running, ServerError, serve
from bearerguard.stores import issue
from benchmarks.incoming import PATH
from benchmarks.scenes._end_to_end_cases import FRAMEWORK, GUARD, KEY, TOKEN, Case, Subject

ROOT = Path(__file__).parents[2]
SERVED = "benchmarks.scenes._end_to_end_served:app"
SECONDS = 1  # of each stretch of load: short, so that a busy moment of the machine meets all subjects


@dataclass(frozen=True, slots=True)
class Sample:
    """One stretch of load, and the processor time that the server took for each request."""

    load: Load
    cpu_seconds: float


@dataclass(slots=True)
class Found:
    """What a case gave: samples by connections and subject, and why a peer is missing."""

    samples: dict[int, dict[str, list[Sample]]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def measure_case(case: Case, tell: Callable[[str], None]) -> Found:
    """Serve all subjects of a case at the same time, and load them in turn.

    A peer that fails is missing. Raises ServerError and LoadError where any other subject fails.
    """
    found = Found()
    with ExitStack() as stack:
        tls = stack.enter_context(_certificate()) if case.is_over_tls else None
        targets = [_Target(case, subject, found, tell) for subject in case.subjects]
        for target in targets:
            target.start(stack, tls)
        for target in targets:  # warm: code, caches
            target.sample(case.connections[-1])
        for connections in case.connections:
            subjects = {target.subject.name: target.sampler(connections) for target in targets}
            measured = in_turn(subjects, case.rounds)
            found.samples[connections] = {
                name: [sample for sample in samples if sample is not None]
                for name, samples in measured.items()
                if name not in found.missing
            }
    return found


class _Target:
    """The server of one subject, the header its requests carry, and whether it has failed."""

    def __init__(self, case: Case, subject: Subject, found: Found, tell: Callable[[str], None]) -> None:
        self.subject = subject
        self._case = case
        self._found = found
        self._tell = tell
        self._fields: dict[str, str] = {}
        self._running: Running | None = None

    def start(self, stack: ExitStack, tls: _Tls | None) -> None:
        """Serve it until the stack is closed, and see that its guard guards."""
        self._tell(f"{self._case.name}: {self.subject.name} starts")
        if not self.subject.is_installed():
            self._found.missing[self.subject.name] = f"Not installed: {self.subject.package}."
            return
        token, key = _token_and_key(self.subject)
        self._fields = {"Authorization": f"Bearer {token}"}
        environment = {
            FRAMEWORK: self._case.framework,
            GUARD: self.subject.guard,
            TOKEN: token,
            KEY: key,
        }
        files = {} if tls is None else {"certificate": tls.certificate, "key": tls.key}
        server = SERVERS[self._case.server]
        cpus, _ = processors()
        served = serve(
            server, SERVED, environment=environment, folder=ROOT, cpus=cpus, has_plain_loop=True, **files
        )
        try:
            running = stack.enter_context(served)
            _check(running.url, self.subject, token, None if tls is None else tls.context)
        except (ServerError, LoadError) as error:
            self._fail(error)
        else:
            self._running = running

    def sampler(self, connections: int) -> Callable[[], Sample | None]:
        return lambda: self.sample(connections)

    def sample(self, connections: int) -> Sample | None:
        """Load it for a moment; None where it is missing."""
        if self._running is None:
            return None
        self._tell(f"{self._case.name}: {self.subject.name}, {connections} connections")
        _, cpus = processors()
        before = self._running.cpu_seconds()
        try:
            load = send_load(
                self._running.url + PATH,
                connections=connections,
                seconds=SECONDS,
                fields=self._fields,
                cpus=cpus,
            )
        except LoadError as error:
            self._fail(error)
            return None
        return Sample(load, (self._running.cpu_seconds() - before) / load.requests)

    def _fail(self, error: ServerError | LoadError) -> None:
        if self.subject.package is None:
            raise type(error)(f"{self._case.name}, {self.subject.name}: {error}") from error
        self._found.missing[self.subject.name] = f"Failed: {str(error).rstrip('.')}."
        self._running = None


def _token_and_key(subject: Subject) -> tuple[str, str]:
    """A good token, and the PEM of the key it is signed with where it is a JWT."""
    if not subject.has_jwt:
        return issue(subject="alice")[0], ""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from benchmarks.peers import fastapi_pyjwt

    key = fastapi_pyjwt.new_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return fastapi_pyjwt.sign_tokens(key, 1)[0], pem.decode("ascii")


def _check(url: str, subject: Subject, token: str, context: ssl.SSLContext | None) -> None:
    """Raises LoadError unless a good token is let through, and a stranger's is not where it refuses."""
    good, strange = (
        status_of(url + PATH, {"Authorization": f"Bearer {one}"}, context) for one in (token, "bg_stranger")
    )
    if good != 200:
        raise LoadError(f"it answers {good} to a good token")
    if (strange == 200) is subject.refuses:
        raise LoadError(f"it answers {strange} to a stranger's token")


@dataclass(frozen=True, slots=True)
class _Tls:
    """The PEM files of a server, and what trusts them."""

    certificate: str
    key: str
    context: ssl.SSLContext


@contextmanager
def _certificate() -> Iterator[_Tls]:
    """Make a certificate for loopback; its key is in PKCS #8, as granian wants it."""
    import trustme
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    with TemporaryDirectory() as folder:
        certificate, key_file = Path(folder, "server.pem"), Path(folder, "server.key")
        certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        yield _Tls(str(certificate), str(key_file), context)
