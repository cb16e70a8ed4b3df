"""What a hostile server does with a connection, once the client has said hello."""

from __future__ import annotations

import socket

from tests.hostile.answers import ACTIVE, INACTIVE, answer
from tests.hostile.server import Behaviour
from tests.hostile.talk import Talk


def say(*answers: bytes) -> Behaviour:
    """Answer each question of a connection with all of this."""

    def behave(talk: Talk) -> None:
        while True:
            talk.read()
            for one in answers:
                talk.send(one)

    return behave


def say_and_close(data: bytes) -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.read()
        talk.send(data)

    return behave


def say_and_reset(data: bytes) -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.read()
        talk.send(data)
        talk.pause()  # what was sent gets there
        talk.reset()

    return behave


def tell(answers: dict[str, bytes]) -> Behaviour:
    """Answer each token as is said here."""

    def behave(talk: Talk) -> None:
        while True:
            talk.send(answers[talk.read().token])

    return behave


def first(unlike: Behaviour, then: Behaviour) -> Behaviour:
    """Treat the first connection in one way, all others in another."""
    return lambda talk: (then if talk.number else unlike)(talk)


def never(talk: Talk) -> None:
    talk.read()
    talk.hang()


def drip(data: bytes, *, behind: bytes = b"") -> Behaviour:
    """Send a byte at a time, behind what goes out at once."""

    def behave(talk: Talk) -> None:
        talk.read()
        talk.send(behind)
        talk.drip(data)
        talk.hang()

    return behave


def drip_for_ever(piece: bytes, *, behind: bytes = b"") -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.read()
        talk.send(behind)
        while True:
            talk.send(piece)
            talk.pause()

    return behave


def flood(piece: bytes, *, behind: bytes = b"") -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.read()
        talk.send(behind)
        talk.flood(piece)

    return behave


def wait_and_reset(seconds: float) -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.read()
        talk.pause(seconds)
        talk.reset()

    return behave


def close_at_once(talk: Talk) -> None:
    talk.close()


def answer_once(talk: Talk) -> None:
    """Answer, and let the next question find the connection closed."""
    talk.read()
    talk.send(answer())


def redirect(status: str) -> Behaviour:
    def behave(talk: Talk) -> None:
        while True:
            talk.read()
            talk.send(answer(ACTIVE, f"Location: {talk.server.elsewhere}", status=status))

    return behave


def in_one_piece(*records: bytes) -> Behaviour:
    """Answer the first question with these TLS records, in one segment; know no later token."""

    def behave(talk: Talk) -> None:
        talk.read()
        talk.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for record in records:
            talk.send(record)
        talk.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        say(answer(INACTIVE))(talk)

    return behave


def answer_and_go_on(smuggled: bytes) -> Behaviour:
    """Say more when the answer has been taken, and the connection lies idle."""

    def behave(talk: Talk) -> None:
        talk.read()
        talk.send(answer(INACTIVE))
        talk.wait_for_go()
        talk.send(smuggled)
        talk.server.mark()
        say(answer(INACTIVE))(talk)

    return behave


def half_an_answer(talk: Talk) -> None:
    """Send the beginning of an answer behind the first one, and its end when the next question comes."""
    whole = answer(ACTIVE)
    talk.read()
    talk.send(answer(INACTIVE) + whole[:-1])
    talk.read()
    talk.send(whole[-1:])
    talk.hang()
