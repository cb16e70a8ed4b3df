"""Ask the workers about tokens all the time, over connections that stay, and note every answer."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass

from tests.faults.tokens import Book, Token
from tests.faults.words import FIELD

PAUSE_SECONDS = 0.05
LONGEST_SECONDS = 30.0  # who waits longer gives up, and counts it as an answer that did not come
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what became of it; instants are of the monotonic clock."""

    token: Token
    sent_at: float
    answered_at: float
    status: int
    process: int


class Load:
    """So many clients for each port, on an event loop in a thread of its own."""

    def __init__(self, ports: list[int], book: Book, *, clients: int = 4) -> None:
        self._ports, self._book, self._clients = ports, book, clients
        self.answers: list[Answer] = []
        self._is_over = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over = True
        self._thread.join()

    async def _run(self) -> None:
        clients = [self._client(port) for port in self._ports for _ in range(self._clients)]
        await asyncio.gather(*clients)

    async def _client(self, port: int) -> None:
        line = _Line(port)
        while not self._is_over:
            token = self._book.choose()
            sent_at = time.monotonic()
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    status, process = await line.ask(token.text)
            except (OSError, EOFError, TimeoutError):
                status, process = NO_ANSWER, 0
                line.close()
            self.answers.append(Answer(token, sent_at, time.monotonic(), status, process))
            await asyncio.sleep(PAUSE_SECONDS)
        line.close()


class _Line:
    """One connection to a worker, and the little of HTTP that it takes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, token: str) -> tuple[int, int]:
        """Give the status, and the process that answered."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(f"GET / HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        await reader.readexactly(int(fields["content-length"]))
        if fields.get("connection") == "close":
            self.close()
        return int(first.split()[1]), int(fields[FIELD])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
