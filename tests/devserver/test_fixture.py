"""`bearerguard.testing.devserver()` and the fixture `devserver`: for users' own tests."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bearerguard import ConfigurationError
from bearerguard.testing import devserver

ROOT = Path(__file__).parents[2]
SLOWEST_START_SECONDS = 0.3  # a suite may want a server for each of its tests

PLUGIN_TEST = """
FILES = []


def test_a_person_logs_in(devserver):
    FILES.append(devserver.ca_file)
    application = devserver.register("Picard", redirect_uris=["https://app.example.org/"], scopes=["tag"])
    query = f"response_type=code&scope=tag&client_id={application.client_id}"
    location = devserver.approve(f"{devserver.issuer}/oauth2/authorize?{query}", user="alice")
    assert location.startswith("https://app.example.org/?code=")
    devserver.faults.unavailable = True


def test_the_next_test_has_another_server(devserver):
    assert devserver.ca_file not in FILES
    assert not FILES[0].exists()
    assert not devserver.faults.unavailable
    assert ["profile", "email", "tag", "rating", "collection", "submit_isrc", "submit_barcode"] == list(
        devserver.settings.scopes
    )
"""


def test_pytest_has_it_as_a_fixture(tmp_path: Path) -> None:
    """Each test gets its own, with the user alice; what one has switched off works for the next."""
    (tmp_path / "test_it.py").write_text(PLUGIN_TEST)
    plugins = ["-p", "bearerguard.testing_pytest", "-p", "no:bearerguard", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", *plugins, "-c", "/dev/null"),
            *(f"--rootdir={tmp_path}", "-o", f"pythonpath={ROOT}", str(tmp_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout


def test_it_is_as_it_is_told_to_be() -> None:
    """The settings of the server are those of the call."""
    with devserver(scopes={"read": "Read"}, allow_implicit=True, now=lambda: 1_000.0) as dev:
        application = dev.register("Page", public=True, redirect_uris=["https://app.example.org/"])
        query = {"response_type": "token", "scope": "read", "client_id": application.client_id}
        location = dev.approve(f"{dev.issuer}/oauth2/authorize?{urlencode(query)}", user="alice")
        assert "#access_token=" in location.replace("&", "#")
        file = dev.ca_file
    assert not file.parent.exists()


def test_a_server_is_there_at_once() -> None:
    """The best of three, since other tests may keep the machine busy."""
    seconds = []
    for _ in range(3):
        started_at = time.perf_counter()
        with devserver():
            seconds.append(time.perf_counter() - started_at)
    assert min(seconds) < SLOWEST_START_SECONDS


def test_a_setting_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="rotate"):
        devserver(rotate=True)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that skips itself would pass for one that has passed."""
    for name in [name for name in sys.modules if name.startswith("bearerguard.devserver")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "trustme", None)
    sentence = "the development server needs more packages: pip install 'bearerguard[devserver]'"
    with pytest.raises(ModuleNotFoundError) as missing:
        importlib.import_module("bearerguard.devserver")
    assert (sentence, "trustme") == (str(missing.value), missing.value.name)
    with pytest.raises(ConfigurationError) as raised:
        devserver()
    assert sentence == str(raised.value)
