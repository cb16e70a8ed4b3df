"""Logging in and out: one message, no way around the waits, no session that somebody else has planted."""

from __future__ import annotations

import pytest

from bearerguard.devserver.registering import add_user
from tests.devserver.pages.conftest import build
from tests.devserver.pages.visiting import COOKIE, Visitor, authorize_url, element, hidden, shown, title
from tests.devserver.support import ALICE, PASSWORD, Workshop

WRONG = "This name and password do not belong together."
MISSING = "Enter your name and your password."
TOO_OLD = "This form was too old. Try again."
STALE = (
    400,
    "This form does not count",
    "It is too old, or it did not come from a page of this server. "
    "Nothing was changed. Go back, load the page again and repeat it.",
)


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A server where nobody has failed to log in yet."""
    return build(tmp_path_factory)


def test_the_login_is_on_the_page_that_was_asked_for(shop: Workshop) -> None:
    """After it the same URL is loaded again; there is no parameter that could name another one."""
    visitor, url = Visitor(shop, logged_in=False), authorize_url(shop.confidential, state="é&=%")
    page = visitor.get(url)
    assert (200, "Log in") == (page.status_code, title(page))
    assert "Confidential" in page.text
    response = visitor.log_in(url)
    assert (303, url) == (response.status_code, response.headers["Location"])
    assert "Allow Confidential to use your account?" == title(visitor.get(url))


@pytest.mark.parametrize(
    ("name", "password", "status", "problem"),
    [
        (ALICE, "not it, not it", 403, WRONG),
        ("nobody", PASSWORD, 403, WRONG),
        ("Alice", PASSWORD, 403, WRONG),
        ("x" * 65, PASSWORD, 403, WRONG),
        (ALICE, PASSWORD + "x" * 1_024, 403, WRONG),
        (ALICE, f"{PASSWORD} ", 403, WRONG),
        ("", PASSWORD, 400, MISSING),
        (ALICE, "", 400, MISSING),
    ],
)
def test_a_login_that_fails_says_the_same_of_a_wrong_name_and_a_wrong_password(
    fresh: Workshop, name: str, password: str, status: int, problem: str
) -> None:
    """Nobody learns here who has an account."""
    page = Visitor(fresh, logged_in=False).log_in("/login", name, password)
    assert (status, "Log in", problem) == (page.status_code, title(page), element(page, "#problem"))


def test_an_unknown_name_takes_as_long_as_a_wrong_password(
    fresh: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password is hashed either way, so that the time tells nothing."""
    hashed = []

    def check(password_hash: str, _: str) -> bool:
        hashed.append(password_hash.split("$")[0])
        return False

    monkeypatch.setattr("bearerguard.devserver.secrets.check_password_hash", check)
    for name in (ALICE, "nobody"):
        Visitor(fresh, logged_in=False).log_in("/login", name)
    assert ["scrypt:8192:8:1"] * 2 == hashed


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"username": [ALICE, "bob"]}, "The parameter username must not be sent more than once."),
        ({"password": [PASSWORD, "x"]}, "The parameter password must not be sent more than once."),
        ({"username": "x" * 5_000}, "The parameter username is too long."),
        ({"username": "al\0ice"}, "The parameter username has characters that it cannot have."),
    ],
)
def test_a_login_form_that_cannot_be_is_refused(
    shop: Workshop, changes: dict[str, object], description: str
) -> None:
    """A form comes once per field, short and printable."""
    visitor = Visitor(shop, logged_in=False)
    form = hidden(visitor.get("/login"), "login") | {"username": ALICE, "password": PASSWORD} | changes
    assert (400, "This form cannot be read", description) == shown(visitor.post("/login", form))


def test_a_password_in_the_url_is_refused(shop: Workshop) -> None:
    """It would stay in logs and in the history."""
    visitor = Visitor(shop, logged_in=False)
    form = hidden(visitor.get("/login"), "login") | {"username": ALICE}
    description = "The parameter password must be sent in the body, not in the URL."
    assert (400, "This form cannot be read", description) == shown(visitor.post("/login?password=x", form))


@pytest.mark.parametrize("body", [{"json": {"username": ALICE}}, {"data": b"\0", "content_type": "a/b"}])
def test_a_login_that_is_no_form_is_refused(shop: Workshop, body: dict[str, object]) -> None:
    """A page's form is one of application/x-www-form-urlencoded."""
    description = "The body must be a form: application/x-www-form-urlencoded."
    page = shop.client().post("/login", **body)
    assert (400, "This form cannot be read", description) == shown(page)


def test_a_login_from_elsewhere_is_refused(shop: Workshop) -> None:
    """Nobody is logged in as somebody else by a form on another site (login CSRF)."""
    visitor = Visitor(shop, logged_in=False)
    form = {"form": "login", "username": ALICE, "password": PASSWORD}
    page = visitor.post("/login", form)
    assert (400, TOO_OLD) == (page.status_code, element(page, "#problem"))
    other = hidden(Visitor(shop, logged_in=False).get("/login"), "login")
    page = visitor.post("/login", form | other)
    assert (400, TOO_OLD) == (page.status_code, element(page, "#problem"))
    page = visitor.log_in("/login", headers={"Origin": "https://evil.example"})
    assert (400, "This form does not count") == shown(page)[:2]


def test_the_session_is_a_new_one_after_the_login(shop: Workshop) -> None:
    """A cookie that somebody planted before is worth nothing (session fixation)."""
    visitor = Visitor(shop, logged_in=False)
    visitor.get("/login")
    planted = visitor.cookie()
    visitor.log_in("/login")
    assert planted != visitor.cookie()
    assert "Log in" == title(_with_cookie(shop, planted).get("/applications"))


def test_the_cookie_is_for_https_and_not_for_scripts_or_other_sites(shop: Workshop) -> None:
    """RFC 6265bis section 4.1.3: the prefix keeps other hosts from setting it."""
    cookie = shop.client().get("/login").headers["Set-Cookie"]
    assert cookie.startswith("__Host-devserver=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_a_session_ends_after_a_working_day(fresh: Workshop) -> None:
    """Whoever comes back the next morning is asked who it is."""
    visitor = Visitor(fresh)
    fresh.clock.move(8 * 3_600 - 1)
    assert "Your applications" == title(visitor.get("/applications"))
    fresh.clock.move(1)
    assert "Log in" == title(visitor.get("/applications"))


def test_a_copy_of_the_cookie_is_worth_nothing_after_the_logout(shop: Workshop) -> None:
    """Logging out ends the session, not only this browser's memory of it."""
    visitor = Visitor(shop, anew=True)
    copy = _with_cookie(shop, visitor.cookie())
    assert "Your applications" == title(copy.get("/applications"))
    csrf = hidden(visitor.get(authorize_url(shop.confidential)), "logout")["csrf"]
    response = visitor.post("/logout", {"csrf": csrf})
    assert (303, "/") == (response.status_code, response.headers["Location"])
    assert "Log in" == title(copy.get("/applications"))
    assert "Log in" == title(visitor.get("/applications"))


def test_a_logout_ends_the_session_in_other_browsers_and_nobody_else_s(fresh: Workshop) -> None:
    """It is counted for each user, so that a copy of the cookie stays worthless."""
    add_user(fresh.parts, "bob", "another password")
    here, there, bob = Visitor(fresh), Visitor(fresh, anew=True), Visitor(fresh, logged_in=False)
    bob.log_in("/login", "bob", "another password")
    here.post("/logout", {"csrf": hidden(here.get(authorize_url(fresh.confidential)), "logout")["csrf"]})
    assert ["Log in", "Your applications"] == [title(one.get("/applications")) for one in (there, bob)]
    there.log_in("/login")
    assert "Your applications" == title(there.get("/applications"))


def test_who_is_not_logged_in_can_undo_no_logout(fresh: Workshop) -> None:
    """Logouts of nobody, or of who is logged out already, are not counted at all."""
    visitor = Visitor(fresh)
    stolen = visitor.cookie()
    csrf = hidden(visitor.get(authorize_url(fresh.confidential)), "logout")["csrf"]
    visitor.post("/logout", {"csrf": csrf})
    visitor.log_in("/login")
    for nobody in (Visitor(fresh, logged_in=False), _with_cookie(fresh, stolen)):
        secret = hidden(nobody.get("/login"), "login")["csrf"]
        assert 303 == nobody.post("/logout", {"csrf": secret}).status_code
    assert ["Log in", "Your applications"] == [
        title(one.get("/applications")) for one in (_with_cookie(fresh, stolen), visitor)
    ]


def test_a_logout_from_elsewhere_is_refused(visitor: Visitor) -> None:
    """A form that does not repeat the session's secret changes nothing."""
    assert STALE == shown(visitor.post("/logout", {"csrf": "made up"}))
    assert STALE == shown(visitor.post("/applications", {"form": "logout"}))
    assert "Your applications" == title(visitor.get("/applications"))


def test_who_is_logged_in_goes_home_from_the_login(visitor: Visitor) -> None:
    """There is nothing to fill in."""
    response = visitor.get("/login")
    assert (302, "/") == (response.status_code, response.headers["Location"])


def test_guessing_has_to_wait_longer_each_time(fresh: Workshop) -> None:
    """Three attempts are free; then 1, 2, 4 ... seconds, 300 at most, said to programs too."""
    visitor = Visitor(fresh, logged_in=False)
    waits = []
    for _ in range(12):
        page = visitor.log_in("/login", password="not it, not it")
        if page.status_code == 429:
            waits.append(int(page.headers["Retry-After"]))
            fresh.clock.move(waits[-1])
            page = visitor.log_in("/login", password="not it, not it")
        assert 403 == page.status_code
    assert [1, 2, 4, 8, 16, 32, 64, 128, 256] == waits


def test_the_right_password_has_to_wait_too(fresh: Workshop) -> None:
    """Otherwise waits would tell the right one from the wrong ones; a success forgets the failures."""
    visitor = Visitor(fresh, logged_in=False)
    for _ in range(3):
        visitor.log_in("/login", password="not it, not it")
    page = visitor.log_in("/login")
    assert (429, "1") == (page.status_code, page.headers["Retry-After"])
    assert "There were too many attempts. Wait 1 second, then try again." == element(page, "#problem")
    fresh.clock.move(1)
    assert 303 == visitor.log_in("/login").status_code
    stranger = Visitor(fresh, logged_in=False)
    assert 403 == stranger.log_in("/login", password="not it, not it").status_code
    assert 303 == stranger.log_in("/login").status_code


def test_many_names_from_one_address_have_to_wait(fresh: Workshop) -> None:
    """Guessing one password for everybody is guessing too; other addresses go on."""
    for number in range(20):
        assert 403 == Visitor(fresh, logged_in=False).log_in("/login", f"user{number}").status_code
    assert 429 == Visitor(fresh, logged_in=False).log_in("/login").status_code
    elsewhere = Visitor(fresh, logged_in=False).log_in(
        "/login", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert 303 == elsewhere.status_code


def _with_cookie(shop: Workshop, value: str) -> Visitor:
    copy = Visitor(shop, logged_in=False)
    copy.client.set_cookie(COOKIE, value, secure=True)
    return copy
