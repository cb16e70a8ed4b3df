"""What people see: logging in, consent, their applications."""

from __future__ import annotations

from flask import Blueprint, Flask
from jinja2 import StrictUndefined

from bearerguard.devserver.pages.applications import register_applications
from bearerguard.devserver.pages.authorize import register_authorize, register_oob
from bearerguard.devserver.pages.desk import open_desk
from bearerguard.devserver.pages.failures import register_failures
from bearerguard.devserver.pages.headers import register_headers
from bearerguard.devserver.pages.home import register_home
from bearerguard.devserver.parts import Parts


def register_pages(app: Flask, parts: Parts) -> None:
    """Add the pages for people."""
    app.jinja_env.undefined = StrictUndefined  # a name that a template has wrong is a failure, not a gap
    app.register_blueprint(
        Blueprint(
            "pages",
            __name__,
            template_folder="templates",
            static_folder="static",
            static_url_path="/assets",
        )
    )
    desk = open_desk(parts)
    register_headers(app)
    register_failures(app)
    register_home(app, desk)
    register_authorize(app, desk)
    register_oob(app, desk)
    register_applications(app, desk)
