"""What goes wrong is a page for people and JSON for programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.devserver.pages.conftest import build
from tests.devserver.pages.visiting import Visitor, authorize_url, shown
from tests.devserver.support import Workshop


@pytest.fixture
def broken(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A server whose file is gone."""
    shop = build(tmp_path_factory)
    os.rename(shop.path, Path(f"{shop.path}.gone"))
    return shop


@pytest.mark.parametrize("path", ["/nothing", "/applications/x", "/assets/../application.py", "/oauth2"])
def test_what_is_not_there_is_a_page(shop: Workshop, path: str) -> None:
    """RFC 9110 section 15.5.5."""
    assert (404, "There is nothing here", "Look at the address.") == shown(shop.client().get(path))


@pytest.mark.parametrize("path", ["/oauth2/nothing", "/.well-known/openid-configuration"])
def test_what_is_not_there_for_programs_is_json(shop: Workshop, path: str) -> None:
    """Under the paths of endpoints nobody reads pages."""
    response = shop.client().get(path)
    told = {"error": "not_found", "error_description": "There is nothing here. Look at the address."}
    assert (404, told) == (response.status_code, response.json)


def test_slashes_too_many_lead_nowhere(shop: Workshop) -> None:
    """A redirect would lead to whatever Host says."""
    response = shop.client().get("/oauth2//oob", headers={"Host": "evil.example"})
    assert (404, None) == (response.status_code, response.headers.get("Location"))
    assert "evil" not in response.text


def test_a_wrong_method_names_the_right_ones(shop: Workshop) -> None:
    """RFC 9110 section 15.5.6."""
    page = shop.client().delete("/applications")
    description = "This address does not take this kind of request."
    assert (405, "Not in this way", description) == shown(page)
    assert "GET, HEAD, OPTIONS, POST" == page.headers["Allow"]
    response = shop.client().get("/oauth2/token")
    assert (405, "method_not_allowed") == (response.status_code, response.json["error"])
    assert "OPTIONS, POST" == response.headers["Allow"]


def test_too_much_is_refused(shop: Workshop) -> None:
    """A form is a few short fields."""
    page = Visitor(shop, logged_in=False).post("/login", {"username": "x" * 70_000})
    assert (413, "This is too much", "Send less.") == shown(page)


def test_plain_http_is_refused_and_not_redirected(shop: Workshop) -> None:
    """RFC 6749 section 3.1.2.1: what was sent in clear has been read."""
    response = shop.client().get(authorize_url(shop.confidential), base_url="http://localhost")
    assert (400, "invalid_request") == (response.status_code, response.json["error"])
    assert "Location" not in response.headers


def test_a_file_that_cannot_be_read_is_an_outage(broken: Workshop) -> None:
    """Not a failure of the person's, and worth another try."""
    page = broken.client().get("/oauth2/authorize?client_id=x")
    description = "The server cannot read its file. Try again soon."
    assert (503, "Not at the moment", description) == shown(page)
    assert "1" == page.headers["Retry-After"]


def test_a_failure_of_ours_says_nothing_about_itself(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log has the details, a page or an answer never."""

    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(type(shop.parts.users), "find", fail)
    visitor = Visitor(shop, logged_in=False)
    page = visitor.log_in("/login")
    assert (500, "Something broke", "The server's log has the details. Try again.") == shown(page)
    assert "secret" not in page.text
