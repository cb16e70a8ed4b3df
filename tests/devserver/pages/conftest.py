"""Fixtures of the pages: one server for the tests of a module, and somebody who looks at them."""

from __future__ import annotations

import dataclasses

import pytest

from bearerguard.devserver.application import create_app
from tests.devserver.pages.visiting import Visitor
from tests.devserver.support import Workshop


def build(tmp_path_factory: pytest.TempPathFactory, **settings: object) -> Workshop:
    """A server whose every clock is the one that tests move."""
    shop = Workshop(tmp_path_factory.mktemp("devserver") / "dev.db", **settings)
    shop.parts = dataclasses.replace(shop.parts, monotonic=shop.clock)
    shop.app = create_app(shop.parts)
    shop.app.config["PREFERRED_URL_SCHEME"] = "https"
    return shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return build(tmp_path_factory)


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A server with what is off by default."""
    return build(tmp_path_factory, allow_implicit=True, pkce_optional=True)


@pytest.fixture
def visitor(shop: Workshop) -> Visitor:
    """Alice, logged in."""
    return Visitor(shop)
