"""The pages on which people register and remove their own applications."""

from __future__ import annotations

import pytest

from bearerguard.devserver.registering import add_user, register
from bearerguard.devserver.secrets import is_secret
from tests.devserver.pages.visiting import OOB, Visitor, element, hidden, shown, title
from tests.devserver.support import CALLBACK, Workshop

NEW = "/applications/new"
STALE = (
    400,
    "This form does not count",
    "It is too old, or it did not come from a page of this server. "
    "Nothing was registered. Go back, load the page again and repeat it.",
)
UNCHANGED = (STALE[0], STALE[1], STALE[2].replace("registered", "changed"))
NONE = (404, "There is no such application", "It may have been removed already.")


def fill_in(visitor: Visitor, name: str = "Picard", kind: str = "confidential", uris: str = CALLBACK) -> dict:
    """The filled-in form of a new application."""
    form = hidden(visitor.get(NEW), "register")
    return form | {"name": name, "kind": kind, "redirect_uris": uris}


@pytest.mark.parametrize("path", ["/applications", NEW, "/applications/x/remove"])
def test_the_pages_are_for_who_is_logged_in(shop: Workshop, path: str) -> None:
    """Others see the login, on the same URL."""
    visitor = Visitor(shop, logged_in=False)
    assert "Log in" == title(visitor.get(path))
    response = visitor.log_in(path)
    assert (303, path) == (response.status_code, response.headers["Location"])


def test_a_registered_application_has_its_secret_shown_once(shop: Workshop, visitor: Visitor) -> None:
    """RFC 6749 section 2.3.1: we keep a digest only, so that no page can show it again."""
    page = visitor.post(NEW, fill_in(visitor, "Web & App", uris=f"{CALLBACK}\r\n\r\n  {CALLBACK}2 \r\n"))
    assert (200, "Web & App is registered") == (page.status_code, title(page))
    client_id, secret = element(page, "#client_id"), element(page, "#client_secret")
    application = shop.parts.applications.find(client_id)
    assert application is not None
    assert ("Web & App", "confidential", False, (CALLBACK, CALLBACK + "2"), "alice") == (
        application.name,
        application.kind,
        application.installed,
        application.redirect_uris,
        application.owner,
    )
    assert is_secret(secret, application.secret_digest)
    listed = visitor.get("/applications").text
    assert client_id in listed
    assert "Web &amp; App" in listed
    assert secret not in listed


@pytest.mark.parametrize(
    ("kind", "uris", "installed"),
    [
        ("public", CALLBACK, False),
        ("public", "http://localhost:3000/cb", False),
        ("installed", "", True),
        ("installed", OOB, True),
        ("installed", "org.example.app:/cb", True),
    ],
)
def test_a_public_application_gets_no_secret(
    shop: Workshop, visitor: Visitor, kind: str, uris: str, installed: bool
) -> None:
    """RFC 6749 section 2.1: it could not keep one."""
    page = visitor.post(NEW, fill_in(visitor, kind=kind, uris=uris))
    assert 'id="client_secret"' not in page.text
    application = shop.parts.applications.find(element(page, "#client_id"))
    assert application is not None
    assert ("public", installed, None) == (
        application.kind,
        application.installed,
        application.secret_digest,
    )


@pytest.mark.parametrize(
    ("entries", "field", "problem"),
    [
        ({"name": ""}, "name", "Give it a name: people see it when they are asked for consent."),
        ({"name": "x" * 65}, "name", "A name must not be longer than 64 characters."),
        ({"kind": ""}, "kind", "Choose one of these."),
        ({"kind": "secret"}, "kind", "Choose one of these."),
        (
            {"uris": "foo"},
            "redirect_uris",
            "Line 1: A redirect URI must begin with https://... or, on your own machine, http://localhost.",
        ),
        (
            {"uris": f"{CALLBACK}\n\nhttp://client.example.org/"},
            "redirect_uris",
            "Line 3: Plain http is for this machine only (http://localhost): use https.",
        ),
        (
            {"kind": "public", "uris": ""},
            "redirect_uris",
            "A public application needs a redirect URI: where answers to it go.",
        ),
    ],
)
def test_a_field_says_what_is_wrong_with_it_and_keeps_what_was_entered(
    visitor: Visitor, entries: dict[str, str], field: str, problem: str
) -> None:
    """Nobody has to type it all again."""
    page = visitor.post(NEW, fill_in(visitor, **({"name": "Kept <entry>", "uris": CALLBACK} | entries)))
    assert (400, problem) == (page.status_code, element(page, f"#{field}-problem"))
    assert ('value="Kept &lt;entry&gt;"' in page.text) == ("name" not in entries)
    assert (f"{CALLBACK}</textarea>" in page.text) == ("uris" not in entries)
    assert 1 == page.text.count('class="problem"')


def test_several_fields_of_redirect_uris_are_refused(visitor: Visitor) -> None:
    """The form has one."""
    page = visitor.post(NEW, fill_in(visitor, uris=[CALLBACK, CALLBACK]))
    assert (400, "Write all of them into one field.") == (
        page.status_code,
        element(page, "#redirect_uris-problem"),
    )


def test_a_form_that_is_posted_twice_registers_one_application(shop: Workshop, visitor: Visitor) -> None:
    """A reload of the page with the secret says so."""
    form = fill_in(visitor, "Twice")
    assert 200 == visitor.post(NEW, form).status_code
    page = visitor.post(NEW, form)
    assert (
        400,
        "This has been answered already",
        "The application is registered. Its secret was shown in the first answer, and cannot be shown again.",
    ) == shown(page)
    assert 'id="back" href="/applications">Your applications</a>' in page.text
    assert ["Twice"] == [one.name for one in shop.parts.applications.all() if one.name == "Twice"]


def test_a_form_from_elsewhere_registers_nothing(shop: Workshop, visitor: Visitor) -> None:
    """No ticket, another session's, one of another page, another site."""
    before = shop.parts.applications.all()
    form = fill_in(visitor)
    assert STALE == shown(visitor.post(NEW, form | {"ticket": ""}))
    assert STALE == shown(Visitor(shop, anew=True).post(NEW, form))
    assert "Log in" == title(Visitor(shop, logged_in=False).post(NEW, form))
    assert UNCHANGED == shown(visitor.post(NEW, {"name": "x"}))
    page = visitor.post(NEW, form, headers={"Origin": "https://evil.example"})
    assert (400, "This form does not count") == shown(page)[:2]
    assert before == shop.parts.applications.all()


def test_removing_an_application_asks_first_and_revokes_its_tokens(shop: Workshop, visitor: Visitor) -> None:
    """What it was given stops working at once."""
    application, _ = register(shop.parts, name="Gone", redirect_uris=[CALLBACK], owner="alice")
    url = f"/applications/{application.client_id}/remove"
    page = visitor.get(url)
    assert "Remove Gone?" == title(page)
    assert shop.parts.applications.find(application.client_id) is not None
    form = hidden(page, "remove")
    response = visitor.post(url, form)
    assert (303, "/applications") == (response.status_code, response.headers["Location"])
    assert shop.parts.applications.find(application.client_id) is None
    assert NONE == shown(visitor.post(url, form))


def test_nobody_removes_an_application_from_elsewhere(shop: Workshop, visitor: Visitor) -> None:
    """The form repeats the session's secret."""
    application, _ = register(shop.parts, name="Stays", redirect_uris=[CALLBACK], owner="alice")
    url = f"/applications/{application.client_id}/remove"
    assert UNCHANGED == shown(visitor.post(url, {"form": "remove", "csrf": "made up"}))
    assert UNCHANGED == shown(visitor.post(url, {"form": "remove"}))
    assert shop.parts.applications.find(application.client_id) is not None


def test_the_page_says_what_is_not_on_it(shop: Workshop, visitor: Visitor) -> None:
    """Whoever has registered by the command looks in vain for the application, and is told why."""
    register(shop.parts, name="Of The Command", redirect_uris=[CALLBACK])
    page = visitor.get("/applications")
    assert "Of The Command" not in page.text
    assert (
        "What <code>bearerguard devserver application add</code> has registered belongs to no user, "
        "and is not on this page."
    ) in page.text


def test_people_see_and_remove_their_own_applications_only(shop: Workshop, visitor: Visitor) -> None:
    """Another's is as good as none."""
    add_user(shop.parts, "bob", "another password")
    application, _ = register(shop.parts, name="Of Bob", redirect_uris=[CALLBACK], owner="bob")
    assert "Of Bob" not in visitor.get("/applications").text
    url = f"/applications/{application.client_id}/remove"
    assert NONE == shown(visitor.get(url))
    form = hidden(visitor.get(NEW), "register") | {"form": "remove"}
    assert NONE == shown(visitor.post(url, form))
    assert shop.parts.applications.find(application.client_id) is not None
