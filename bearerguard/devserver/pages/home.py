"""The first page: what this server is, and where its pages and its endpoints are."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue

from bearerguard.devserver.pages.desk import Desk, posted
from bearerguard.devserver.pages.login import check_csrf, log_in, login_page
from bearerguard.devserver.pages.sending import send_to


def register_home(app: Flask, desk: Desk) -> None:
    """Add the page, and those for logging in and out."""

    @app.get("/")
    def home() -> ResponseReturnValue:
        return render_template(
            "home.html", user=desk.sessions.user(), issuer=desk.parts.issuer, csrf=desk.sessions.secret()
        )

    @app.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        if request.method == "POST":
            return log_in(desk, posted(), to="/")
        return login_page(desk) if desk.sessions.user() is None else send_to("/")

    @app.post("/logout")
    def logout() -> ResponseReturnValue:
        check_csrf(desk, posted())
        desk.sessions.log_out()
        return send_to("/")
