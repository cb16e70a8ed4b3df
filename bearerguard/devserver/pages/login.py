"""Log people in and out, on whatever page they are: nobody is sent anywhere, so nobody is sent astray."""

from __future__ import annotations

import math
from collections.abc import Callable

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from bearerguard.devserver.pages.desk import Desk, Form, posted
from bearerguard.devserver.pages.sending import send_to
from bearerguard.devserver.pages.shown import Stale
from bearerguard.devserver.records import User
from bearerguard.devserver.registering import MAX_NAME_CHARACTERS, MAX_PASSWORD_CHARACTERS
from bearerguard.devserver.secrets import digest_of, is_password

WRONG = "This name and password do not belong together."
MISSING = "Enter your name and your password."
NOTHING_CHANGED = "Nothing was changed. Go back, load the page again and repeat it."
TOO_OLD = "This form was too old. Try again."


def login_page(desk: Desk, *, application: str | None = None) -> ResponseReturnValue:
    """Show the form; `application` is the registered name of who sent the person here."""
    return _form(desk, application, status=200)


def log_in(
    desk: Desk, form: Form, *, application: str | None = None, to: str | None = None
) -> ResponseReturnValue:
    """Check what was filled in; who is logged in now goes to the page `to`, or sees this one again."""
    if not desk.sessions.has_secret(form.get("csrf", "")):
        return _form(desk, application, status=400, problem=TOO_OLD)
    name, password = form.get("username"), form.get("password")
    if name is None or password is None:
        return _form(desk, application, status=400, problem=MISSING, name=name or "")
    # Kept as digests, so that long made-up names cost no more memory than short ones.
    name_key, address = digest_of(name), request.remote_addr
    wait_seconds = desk.throttle.wait_seconds(name_key, address)
    if wait_seconds > 0:
        return _wait(desk, application, name, math.ceil(wait_seconds))
    user = _who_is(desk, name, password)
    if user is None:
        return _form(desk, application, status=403, problem=WRONG, name=name)
    desk.throttle.succeeded(name_key, address)
    desk.sessions.log_in(user)
    return to_same_page() if to is None else send_to(to)


def log_out(desk: Desk, form: Form) -> ResponseReturnValue:
    """End the session and show the same page again. Raises Stale."""
    check_csrf(desk, form)
    desk.sessions.log_out()
    return to_same_page()


def for_person(
    desk: Desk, kind: str | None, show: Callable[[User, Form | None], ResponseReturnValue]
) -> ResponseReturnValue:
    """Show a page and the form of this `kind` that was posted to it; the login to who is not."""
    form = posted() if request.method == "POST" else None
    if form is not None and (kind is None or form.get("form") != kind):
        return _session_form(desk, form)
    user = desk.sessions.user()
    return login_page(desk) if user is None else show(user, form)


def check_csrf(desk: Desk, form: Form) -> None:
    """Refuse a form that does not repeat the secret of the session. Raises Stale."""
    if not desk.sessions.has_secret(form.get("csrf", "")):
        raise Stale(NOTHING_CHANGED)


def to_same_page() -> ResponseReturnValue:
    """Answer a post with the page that it was posted to (RFC 9110 section 15.4.4)."""
    query = request.query_string.decode("latin-1")
    return send_to(request.path + (f"?{query}" if query else ""))


def _session_form(desk: Desk, form: Form) -> ResponseReturnValue:
    match form.get("form"):
        case "login":
            return log_in(desk, form)
        case "logout":
            return log_out(desk, form)
        case _:
            raise Stale(NOTHING_CHANGED)


def _who_is(desk: Desk, name: str, password: str) -> User | None:
    if len(name) > MAX_NAME_CHARACTERS or len(password) > MAX_PASSWORD_CHARACTERS:
        return None
    user = desk.parts.users.find(name)
    return user if is_password(password, None if user is None else user.password_hash) else None


def _wait(desk: Desk, application: str | None, name: str, seconds: int) -> ResponseReturnValue:
    how_long = "1 second" if seconds == 1 else f"{seconds} seconds"
    problem = f"There were too many attempts. Wait {how_long}, then try again."
    response = make_response(_form(desk, application, status=429, problem=problem, name=name))
    response.headers["Retry-After"] = str(seconds)
    return response


def _form(
    desk: Desk, application: str | None, *, status: int, problem: str | None = None, name: str = ""
) -> ResponseReturnValue:
    """Show the form; with the `name` that was entered, so that only the password is typed again."""
    page = render_template(
        "login.html", csrf=desk.sessions.secret(), application=application, problem=problem, name=name
    )
    return page, status
