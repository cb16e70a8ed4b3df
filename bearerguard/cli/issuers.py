"""`bearerguard check --issuer`: what does an authorization server say of itself, and is it of use?

It is asked with what the guard asks it with, whose log says what is wrong.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import click

from bearerguard.cli.presenting import safe
from bearerguard.clients.discovery import MEMBERS, AnotherIssuer
from bearerguard.errors import Unavailable
from bearerguard.flow import run
from bearerguard.issuer import Issuer
from bearerguard.keys import ALGORITHMS, Key
from bearerguard.urls import is_https

MAX_SHOWN = 200  # of what should have been an issuer's name


def issuer_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command options that say which issuer to look at; it takes an `issuer`, or None."""

    @click.option("--issuer", "identifier", help="Look at this authorization server instead of at a token.")
    @click.option("--metadata-url", help="As in Issuer(metadata_url=...).")
    @click.option("--ca-file", type=click.Path(dir_okay=False), help="As in HttpxClient(ca_file=...).")
    @click.option("--allow-loopback-http", is_flag=True, help="As in Issuer(allow_loopback_http=True).")
    @wraps(command)
    def with_issuer(
        *arguments: Any,
        identifier: str | None,
        metadata_url: str | None,
        ca_file: str | None,
        allow_loopback_http: bool,
        **options: Any,
    ) -> None:
        issuer = None
        if identifier is not None:
            from bearerguard.clients.httpx import HttpxClient  # not with the command: it brings ssl

            if not allow_loopback_http:
                _check_http("--issuer", identifier)
                _check_http("--metadata-url", metadata_url)
            issuer = Issuer(
                identifier,
                metadata_url=metadata_url,
                http=HttpxClient(ca_file=ca_file),
                allow_loopback_http=allow_loopback_http,
            )
        command(*arguments, issuer=issuer, **options)

    return with_issuer


def _check_http(option: str, url: str | None) -> None:
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return  # as the issuer will say
    if parts.scheme == "http" and is_https(parts, or_loopback=True):
        raise click.ClickException(
            f"{option}: http to this machine is only for development, with --allow-loopback-http"
        )


def look_at(issuer: Issuer) -> dict[str, Any]:
    """Ask an issuer for its metadata and its keys, and say what came of it; `wrong` says what did not."""
    found: dict[str, Any] = {"issuer": issuer.identifier, "metadata": None, **dict.fromkeys(MEMBERS)}
    keys = issuer.keys()
    found["keys"] = []
    with _noted() as wrong:
        try:
            metadata = run(issuer.find_metadata())
            found["metadata"] = metadata.url
            for member in MEMBERS:
                found[member] = metadata.endpoints.get(member)
            if "introspection_endpoint" in metadata.failures:  # the other one is noted with the keys
                wrong.append(metadata.failures["introspection_endpoint"])
            found["keys"] = [_describe(key) for key in run(keys.fetch())]
        except AnotherIssuer as error:
            wrong.append(f"the metadata names this issuer: {json.dumps(error.said)[:MAX_SHOWN]}")
        except Unavailable:
            pass  # which is among what was noted
        finally:
            run(keys.close())
    return {**found, "wrong": wrong}


def text_of(found: dict[str, Any]) -> str:
    """Show it to people."""
    keys = [f"{safe(key['kid'])} ({' '.join(key['algorithms'])})" for key in found["keys"]]
    lines = [(name, found[name] or "none") for name in ("issuer", "metadata", *MEMBERS)]
    lines += [("keys" if at == 0 else "", key) for at, key in enumerate(keys or ["none"])]
    lines += [("wrong" if at == 0 else "", sentence) for at, sentence in enumerate(found["wrong"])]
    return "\n".join(f"{name:22}  {text}" for name, text in lines)


def _describe(key: Key) -> dict[str, Any]:
    return {"kid": key.kid, "algorithms": [name for name in sorted(ALGORITHMS) if key.fits(name)]}


@contextmanager
def _noted() -> Iterator[list[str]]:
    """Collect what the guard warns of."""
    sentences: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: sentences.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("bearerguard")
    logger.addHandler(handler)
    try:
        yield sentences
    finally:
        logger.removeHandler(handler)
