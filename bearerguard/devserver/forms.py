"""Read the forms of a page as a browser does, as far as the pages of this server need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """A form: where it goes, what it sends unasked, the names of what is typed, and its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    password: str | None = None
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def button(self, value: str) -> dict[str, str] | None:
        """Give what the button of this value adds to the form, None where there is no such button."""
        return next(({name: text} for name, text in self.buttons if text == value), None)


def forms_of(page: str) -> list[Form]:
    """Give the forms of a page that are posted."""
    return _read(page).forms


def title_of(page: str) -> str:
    """Give the title of a page, in one line."""
    return " ".join(_read(page).title.split()) or "without a title"


def code_of(page: str) -> str | None:
    """Give what a page shows as the code to copy (`id="code"`), None where it shows none."""
    return _read(page).code.strip() or None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.title = self.code = ""
        self._form: Form | None = None
        self._in: str | None = None  # the tag whose text is read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "title" or found.get("id") == "code":
            self._in = tag
        if tag == "form":
            self._form = Form(found.get("action", ""))
            if found.get("method", "").lower() == "post":
                self.forms.append(self._form)
        elif self._form is not None and (name := found.get("name")):
            self._add(self._form, tag, name, found)

    def _add(self, form: Form, tag: str, name: str, found: dict[str, str]) -> None:
        kind = found.get("type", "submit" if tag == "button" else "text").lower()
        if kind == "submit":
            form.buttons.append((name, found.get("value", "")))
        elif kind == "password":
            form.password = name
        elif tag == "input" and kind == "hidden":
            form.fields[name] = found.get("value", "")
        elif tag == "input" and kind in ("text", "email"):
            form.text = name

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == self._in:
            self._in = None

    def handle_data(self, data: str) -> None:
        if self._in == "title":
            self.title += data
        elif self._in is not None:
            self.code += data


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader
