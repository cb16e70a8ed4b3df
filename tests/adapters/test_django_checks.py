"""What `manage.py check` says of settings.BEARERGUARD."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test.utils import override_settings

from bearerguard.adapters._django_checks import UNUSED, check_guard
from bearerguard.adapters._django_middleware import BearerGuardMiddleware
from tests.adapters.django_project import GUARD
from tests.adapters.refusals import resource_server

GOOD = {"server": resource_server()}


class OwnGuard(BearerGuardMiddleware):
    """A project's own, made of ours."""


OWN = f"{__name__}.OwnGuard"
BAD = "settings.BEARERGUARD must be a dict that names a server, such as"


@pytest.mark.parametrize(
    ("middleware", "found", "expected"),
    [
        ([GUARD], GOOD, []),
        ([OWN], GOOD, []),
        ([GUARD], {}, [("bearerguard.E001", BAD)]),
        ([], GOOD, [("bearerguard.W001", UNUSED)]),
        (
            ["no.such.middleware", f"{__name__}.GOOD"],
            {},
            [("bearerguard.W001", UNUSED), ("bearerguard.E001", BAD)],
        ),
    ],
)
def test_mistakes_are_named_before_the_project_starts(middleware: Any, found: Any, expected: Any) -> None:
    """An error for what would not start, a warning for a guard that nothing puts in place."""
    with override_settings(MIDDLEWARE=middleware, BEARERGUARD=found):
        messages = check_guard()
    assert [one[0] for one in expected] == [message.id for message in messages]
    assert all(message.msg.startswith(one[1]) for one, message in zip(expected, messages, strict=True))


@pytest.mark.parametrize(("middleware", "expected"), [([], []), ([GUARD], ["bearerguard.E001"])])
def test_without_the_setting_only_the_middleware_counts(middleware: Any, expected: Any) -> None:
    """A guard around the whole application needs neither."""
    with override_settings(MIDDLEWARE=middleware, BEARERGUARD=None):
        del settings.BEARERGUARD
        assert expected == [message.id for message in check_guard()]


PROJECT = """
from django.conf import settings
settings.configure(
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["bearerguard.adapters.django"],
    MIDDLEWARE=["bearerguard.adapters.django.BearerGuardMiddleware"],
    BEARERGUARD={"server": "no.such.server"},
)
urlpatterns = []
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check"])
"""


def test_the_adapter_is_installed_like_an_app() -> None:
    """That is all it takes for `manage.py check`, and so for migrate and runserver."""
    done = subprocess.run(
        [sys.executable, "-c", PROJECT],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 1 == done.returncode
    expected = (
        """(bearerguard.E001) settings.BEARERGUARD ["server"] names 'no.such.server', which cannot be"""
    )
    assert expected in done.stderr
