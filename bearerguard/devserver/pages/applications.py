"""A person's own applications: see them, register one, remove one (RFC 6749 section 2)."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue

from bearerguard.devserver.pages.application_form import ApplicationForm, read_application_form
from bearerguard.devserver.pages.desk import Desk, Form
from bearerguard.devserver.pages.login import check_csrf, for_person
from bearerguard.devserver.pages.sending import send_to
from bearerguard.devserver.pages.shown import AnsweredAlready, Shown, Stale
from bearerguard.devserver.pages.tickets import Use
from bearerguard.devserver.records import Application, User
from bearerguard.devserver.registering import register

LIST = "/applications"
NEW = "/applications/new"
REMOVE = "/applications/<client_id>/remove"
BACK = (LIST, "Your applications")
NOT_TWICE = (
    "The application is registered. Its secret was shown in the first answer, and cannot be shown again."
)


def register_applications(app: Flask, desk: Desk) -> None:
    """Add the pages."""

    @app.route(LIST, methods=["GET", "POST"])
    def applications() -> ResponseReturnValue:
        return for_person(desk, None, lambda user, _: _list(desk, user))

    @app.route(NEW, methods=["GET", "POST"])
    def new_application() -> ResponseReturnValue:
        def show(user: User, form: Form | None) -> ResponseReturnValue:
            return _form(desk, user, ApplicationForm()) if form is None else _register(desk, user, form)

        return for_person(desk, "register", show)

    @app.route(REMOVE, methods=["GET", "POST"])
    def remove_application(client_id: str) -> ResponseReturnValue:
        def show(user: User, form: Form | None) -> ResponseReturnValue:
            application = _own(desk, user, client_id)
            return _confirm(desk, user, application) if form is None else _remove(desk, application, form)

        return for_person(desk, "remove", show)


def _list(desk: Desk, user: User) -> ResponseReturnValue:
    own = desk.parts.applications.all(owner=user.name)
    return render_template("applications.html", user=user, applications=own, csrf=desk.sessions.secret())


def _form(desk: Desk, user: User, entries: ApplicationForm, *, status: int = 200) -> ResponseReturnValue:
    secret = desk.sessions.secret()
    page = render_template(
        "application_new.html",
        user=user,
        entries=entries,
        csrf=secret,
        ticket=desk.tickets.give(secret, NEW),
    )
    return page, status


def _register(desk: Desk, user: User, form: Form) -> ResponseReturnValue:
    entries = read_application_form(form, request.form.getlist("redirect_uris"))
    use = desk.tickets.use(form.get("ticket", ""), desk.sessions.secret(), NEW)
    if use is Use.USED_BEFORE:
        raise AnsweredAlready(NOT_TWICE, back=BACK)
    if use is not Use.GOOD:
        raise Stale("Nothing was registered. Go back, load the page again and repeat it.")
    if entries.problems:
        return _form(desk, user, entries, status=400)
    application, secret = register(
        desk.parts,
        name=entries.name,
        kind=entries.kind,
        installed=entries.installed,
        redirect_uris=entries.redirect_uris,
        owner=user.name,
    )
    # In this answer and nowhere else: what could be looked up again would have to be kept.
    return render_template(
        "application_registered.html",
        user=user,
        application=application,
        secret=secret,
        csrf=desk.sessions.secret(),
    )


def _own(desk: Desk, user: User, client_id: str) -> Application:
    application = desk.parts.applications.find(client_id)
    if application is None or application.owner != user.name:
        raise Shown("There is no such application", "It may have been removed already.", status=404)
    return application


def _confirm(desk: Desk, user: User, application: Application) -> ResponseReturnValue:
    return render_template(
        "application_remove.html", user=user, application=application, csrf=desk.sessions.secret()
    )


def _remove(desk: Desk, application: Application, form: Form) -> ResponseReturnValue:
    check_csrf(desk, form)
    desk.parts.applications.remove(application.client_id)
    return send_to(LIST)
