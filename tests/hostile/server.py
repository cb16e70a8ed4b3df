"""A server that does as it is told: a thread a connection, over TLS or over bare TCP."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from tests.hostile.authority import HOST
from tests.hostile.talk import PATIENCE_SECONDS, Gone, Question, Talk

Behaviour = Callable[[Talk], None]


class HostileServer:
    """Listens on this machine, and lets each connection be treated by the behaviour.

    `questions` are the calls that came in, `accepted` is how many connections there were, and `open` how many
    there still are. `go` lets a behaviour go on that waits for it, `elsewhere` is where a redirection leads.
    An error of a behaviour itself is raised by `stop`.
    """

    def __init__(
        self, behave: Behaviour, context: ssl.SSLContext | None = None, backlog: int = 128, host: str = HOST
    ) -> None:
        self.stopping = threading.Event()
        self.go = threading.Event()
        self.elsewhere = ""
        self.marks = 0
        self.questions: list[Question] = []
        self.accepted = 0
        self.open = 0
        self._behave = behave
        self._context = context
        self._changed = threading.Condition()
        self._failures: list[BaseException] = []
        self._talks: list[tuple[Talk, threading.Thread]] = []
        self._listening = socket.create_server((host, 0), backlog=backlog)
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="hostile")
        self._thread.start()

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, host: str = HOST) -> str:
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://{host}:{self.port}/introspect"

    @property
    def calls(self) -> int:
        """How often it was asked, or connected to and asked nothing."""
        asked = [question.connection for question in self.questions]
        return sum(max(1, asked.count(number)) for number in range(self.accepted))

    def note(self, question: Question) -> Question:
        with self._changed:
            self.questions.append(question)
            self._changed.notify_all()
        return question

    def mark(self) -> None:
        """Tell whoever waits that a behaviour has come so far."""
        with self._changed:
            self.marks += 1
            self._changed.notify_all()

    def wait_for(self, is_so: Callable[[HostileServer], Any]) -> None:
        """Wait until this is so: it is asked after each connection, question, mark and farewell."""
        with self._changed:
            assert self._changed.wait_for(lambda: is_so(self), PATIENCE_SECONDS), "it did not come to that"

    def stop(self) -> None:
        """End every connection, and raise what went wrong in a behaviour."""
        self.stopping.set()
        self.go.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for talk, thread in self._talks:
            _cut(talk.socket)
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "a behaviour does not end"
        for failure in self._failures:
            raise failure

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # it was stopped
                return
            connection.settimeout(PATIENCE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talk = Talk(self, connection, self.accepted)
            thread = threading.Thread(target=self._talk, args=(talk,), name="hostile-talk")
            with self._changed:
                self.accepted += 1
                self.open += 1
                self._talks.append((talk, thread))
                thread.start()
                self._changed.notify_all()

    def _talk(self, talk: Talk) -> None:
        try:
            if self._context is not None:
                talk.start_tls(self._context)
            self._behave(talk)
        except Gone:
            pass
        except BaseException as error:  # noqa: BLE001 - raised by stop()
            self._failures.append(error)
        finally:
            talk.close()
            with self._changed:
                self.open -= 1
                self._changed.notify_all()


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # closed already
        pass
