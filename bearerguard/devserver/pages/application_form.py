"""Read the form for a new application; every field says for itself what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bearerguard.devserver.records import CONFIDENTIAL, PUBLIC, Kind
from bearerguard.devserver.redirect_uris import check_registrable
from bearerguard.devserver.registering import check_name, check_redirect_uris
from bearerguard.errors import ConfigurationError

INSTALLED = "installed"  # a choice of its own on the page, though its kind is public
CHOICES = (CONFIDENTIAL, PUBLIC, INSTALLED)


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """What was filled in, as it was, and by field what is wrong with it."""

    name: str = ""
    choice: str = CONFIDENTIAL
    lines: tuple[str, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        return CONFIDENTIAL if self.choice == CONFIDENTIAL else PUBLIC

    @property
    def installed(self) -> bool:
        return self.choice == INSTALLED

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        return tuple(line for line in self.lines if line)


def read_application_form(form: dict[str, str], redirect_uris: list[str]) -> ApplicationForm:
    """Read the fields; `redirect_uris` is the text with one on each line."""
    text = redirect_uris[0] if redirect_uris else ""
    entries = ApplicationForm(
        form.get("name", "").strip(),
        form.get("kind", ""),
        tuple(line.strip() for line in text.splitlines()),
    )
    entries.problems.update(_problems(entries, len(redirect_uris)))
    return entries


def _problems(entries: ApplicationForm, fields_sent: int) -> dict[str, str]:
    problems = {}
    if not entries.name:
        problems["name"] = "Give it a name: people see it when they are asked for consent."
    elif problem := _problem(lambda: check_name(entries.name)):
        problems["name"] = problem
    if entries.choice not in CHOICES:
        problems["kind"] = "Choose one of these."
    elif fields_sent > 1:
        problems["redirect_uris"] = "Write all of them into one field."
    elif problem := _redirect_uris_problem(entries):
        problems["redirect_uris"] = problem
    return problems


def _redirect_uris_problem(entries: ApplicationForm) -> str | None:
    for number, line in enumerate(entries.lines, 1):
        if line and (problem := _problem(lambda: check_registrable(line, installed=entries.installed))):  # noqa: B023
            return f"Line {number}: {problem}"
    return _problem(
        lambda: check_redirect_uris(entries.redirect_uris, kind=entries.kind, installed=entries.installed)
    )


def _problem(check: Callable[[], object]) -> str | None:
    try:
        check()
    except ConfigurationError as error:
        text = str(error)
        return f"{text[0].upper()}{text[1:]}."
    return None
