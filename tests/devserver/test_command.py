"""`bearerguard devserver`: run the server, and look after who is known to it."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from bearerguard.cli import devserving
from bearerguard.devserver import DevServer
from bearerguard.stores import digest_of, issue
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.devserver.commanding import Command

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 30.0  # for a test that has gone wrong
CALLBACK = "https://app.example.org/callback"


def made(path: Path) -> str:
    """What is said of a file that was not there."""
    return f"Made a new file, {path}: a running server has another.\n"


def test_it_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    """It says what it is, how to reach it and how to log in, shows every request, and ends with 0."""
    (tmp_path / "scopes.json").write_text('{"read": "Read what you have written"}')
    options = ["--store", "dev.db", "--port", "0", "--scopes", "scopes.json", "--pkce-optional"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bearerguard", "devserver", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("Ctrl-C"):
                break
        said = dict(re.findall(r"^  (\w[\w ]*?\w)  +(.*)$", "\n".join(lines), re.MULTILINE))
        tls = ssl.create_default_context(cafile=said["CA file"])
        answer = httpx.get(f"{said['metadata']}?secret", verify=tls, trust_env=False)
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert "An authorization server for development and tests. It is not for production." == lines[0]
    assert (0, said["issuer"], ["read"]) == (
        process.returncode,
        answer.json()["issuer"],
        answer.json()["scopes_supported"],
    )
    assert str(tmp_path / "dev.db") == said["store"]
    assert re.fullmatch(r"alice, password [\w-]{12} \(not shown again\)", said["user"])
    assert [
        "Warning: --pkce-optional lets whoever sees a public application's code use it",
        "GET /.well-known/oauth-authorization-server 200",
    ] == errors.splitlines()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What servers were made with; none is run."""
    made: list[dict[str, Any]] = []

    def note(dev: DevServer, path: str, warnings: list[str]) -> None:
        made.append({"dev": dev, "warnings": warnings})

    monkeypatch.setattr(devserving, "_run", note)
    return made


def test_every_switch_reaches_the_server(command: Command, started: list[dict[str, Any]]) -> None:
    """And each that makes it less safe is warned of."""
    switches = (
        "--rotate-refresh-tokens",
        "--allow-implicit",
        "--pkce-optional",
        "--listen-beyond-loopback",
        "--default-access-type=offline",
    )
    assert 0 == command(*switches, "--host", "0.0.0.0").exit_code  # noqa: S104 - it is not run
    [made] = started
    settings = made["dev"].settings
    assert [True] * 3 == [settings.rotate_refresh_tokens, settings.allow_implicit, settings.pkce_optional]
    assert "offline" == settings.default_access_type
    assert ["--allow-implicit", "--pkce-optional", "--listen-beyond-loopback"] == [
        warning.split()[0] for warning in made["warnings"]
    ]


def test_without_a_switch_nothing_is_less_safe(command: Command, started: list[dict[str, Any]]) -> None:
    assert 0 == command().exit_code
    [made] = started
    settings = made["dev"].settings
    assert [False] * 3 == [settings.rotate_refresh_tokens, settings.allow_implicit, settings.pkce_optional]
    assert "online" == settings.default_access_type
    assert [] == made["warnings"]


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--host", "0.0.0.0"), 1, "a development server listens on this machine only"),  # noqa: S104
        (("--host", "a.invalid"), 1, "the host a.invalid has no address: use localhost"),
        (("--key", "{scopes}"), 1, "key= is the key of a certificate: give certificate= too"),
        (
            ("--certificate", "{scopes}"),
            1,
            "has no key in it: name the PEM file of its key with key= (--key)",
        ),
        (("--certificate", "{scopes}", "--key", "{scopes}"), 1, "and its key cannot be used: name the PEM"),
        (("--scopes", "{scopes}"), 2, "'--scopes': {scopes}, line 2: not JSON"),
        (("--scopes", "{twice}"), 2, "'--scopes': {twice}, \"tag\": a member's name is repeated"),
        (("--scopes", "{list}"), 2, "'--scopes': {list}: not a JSON object"),
        (
            ("--scopes", "{empty}"),
            2,
            "'--scopes': {empty} has no scope in it: map each to its description, {{",
        ),
        (("--scopes", "{wrong}"), 2, "{wrong}: the scope 'tag' needs a description for the consent page"),
        (("--scopes", "{none}"), 2, "'--scopes': {none} cannot be read: No such file or directory"),
        (("--port", "65536"), 2, "'--port': a port is a number from 0, which takes any free one, to 65,535"),
        (("--port", "abc"), 2, "'--port': a port is a number from 0, which takes any free one, to 65,535"),
        (("--port", "1", "user", "list"), 2, "user works on the file, and takes --store alone"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    sentence: str,
) -> None:
    """Nothing has started, nothing is asked twice, and a file that is wrong is named."""
    monkeypatch.chdir(tmp_path)
    texts = {
        "scopes": '{"tag": "Tags",\n no JSON',
        "twice": '{"tag": "Tags", "tag": "Tags"}',
        "list": "[]",
        "empty": "{}",
        "wrong": '{"tag": 1}',
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text)
    files = {name: f"{name}.json" for name in (*texts, "none")}
    result = command(*(argument.format(**files) for argument in arguments))
    assert status == result.exit_code
    assert sentence.format(**files) in result.stderr
    assert "" == result.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("--port", "0"), ("--help",)])
def test_output_that_cannot_be_written_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Status 3, as for a store that cannot be used, and no password that nobody could read."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bearerguard", "devserver", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    assert (3, "Error: standard output cannot be written: it may be a full disk\n") == (
        done.returncode,
        done.stderr,
    )


def test_a_store_of_real_tokens_is_refused(command: Command, path: Path) -> None:
    """By every command."""
    SqliteTokenStore(path).add(issue(subject="alice")[1])
    for arguments in ((), ("application", "add", "Picard"), ("application", "list"), ("user", "list")):
        result = command(*arguments)
        assert (1, "") == (result.exit_code, result.stdout)
        assert "is a token store that no development server has made" in result.stderr


def test_an_application_gets_its_secret_once(command: Command, path: Path) -> None:
    """It is not in the file, and no other command shows it."""
    added = command("application", "add", "Picard", "--redirect-uri", CALLBACK, "--scope", "tag rating")
    assert (0, made(path) + "The secret is not shown again.\n") == (added.exit_code, added.stderr)
    said = dict(line.split() for line in added.stdout.splitlines())
    assert ["client_id", "client_secret"] == list(said)
    shown = command("application", "list").stdout + command("application", "list", "--json").stdout
    assert said["client_secret"] not in shown
    assert said["client_secret"].encode() not in path.read_bytes()
    [listed] = command("application", "list", "--json").stdout.splitlines()
    assert {
        "client_id": said["client_id"],
        "name": "Picard",
        "kind": "confidential",
        "installed": False,
        "redirect_uris": [CALLBACK],
        "scopes": ["rating", "tag"],
        "owner": None,
    } == {name: value for name, value in json.loads(listed).items() if name != "created_at"}


def test_a_public_application_has_no_secret(command: Command) -> None:
    added = json.loads(command("application", "add", "Tagger", "--installed", "--json").stdout)
    assert ("public", True, None, None) == (
        added["kind"],
        added["installed"],
        added["client_secret"],
        added["scopes"],
    )
    public = command("application", "add", "Page", "--public", "--redirect-uri", CALLBACK)
    assert (0, "") == (public.exit_code, public.stderr)
    assert ["client_id"] == [line.split()[0] for line in public.stdout.splitlines()]
    assert [["KIND", "NAME"], ["installed", "Tagger"], ["public", "Page"]] == [
        line.split()[1:3] if "CLIENT ID" not in line else line.split()[2:4]
        for line in command("application", "list").stdout.splitlines()
    ]


def test_a_removed_application_has_no_tokens_left(command: Command, path: Path) -> None:
    """RFC 7009 is of no help to whoever has lost the secret."""
    client_id = json.loads(command("application", "add", "Picard", "--json").stdout)["client_id"]
    dev = DevServer(path)
    token = dev.token(client_id=client_id)
    assert "Removed; all its tokens are revoked.\n" == command("application", "remove", client_id).stdout
    record = dev.store.find(digest_of(token))
    assert record is not None
    assert record.revoked_at is not None
    again = command("application", "remove", client_id)
    assert (1, "Error: no application has this client_id: see application list\n") == (
        again.exit_code,
        again.stderr,
    )


def test_a_user_s_password_is_read_and_never_shown(command: Command, path: Path) -> None:
    """From standard input: arguments stand in process lists."""
    added = command("user", "add", "bob", "--email", "bob@example.org", stdin="a password\n")
    assert (0, "Added bob.\n", made(path)) == (added.exit_code, added.stdout, added.stderr)
    listed = command("user", "list").stdout.splitlines()
    assert [["NAME", "ADDED", "E-MAIL"], ["bob", "bob@example.org"]] == [
        listed[0].split(),
        [listed[1].split()[0], listed[1].split()[2]],
    ]
    [member] = command("user", "list", "--json").stdout.splitlines()
    assert {"name", "email", "created_at"} == set(json.loads(member))
    application = DevServer(path).register("Picard", redirect_uris=[CALLBACK])
    with DevServer(path) as dev:
        query = f"response_type=code&client_id={application.client_id}&scope=tag"
        location = dev.approve(f"{dev.issuer}/oauth2/authorize?{query}", user="bob", password="a password")
    assert location.startswith(CALLBACK)


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (("user", "add", "bob"), "short\n", "a password must be of 8 to 1,024 printable characters"),
        (("user", "add", "bob"), "", "a password must be of 8 to 1,024 printable characters"),
        (("user", "add", " bob"), "a password\n", "a name must be of printable characters"),
        (("user", "add", "bob", "--email", "bob"), "a password\n", "an e-mail address must be like alice@"),
        (
            ("application", "add", "A", "--redirect-uri", "http://a.example"),
            "",
            "plain http is for this machine only",
        ),
        (("application", "add", "A", "--public"), "", "a public application needs a redirect URI"),
        (("application", "list"), "", "there is no file {path}: start the server first"),
        (("user", "list"), "", "there is no file {path}: start the server first"),
        (("application", "remove", "x"), "", "there is no file {path}: start the server first"),
    ],
)
def test_who_cannot_be_registered_is_one_sentence(
    command: Command, path: Path, arguments: tuple[str, ...], stdin: str, sentence: str
) -> None:
    result = command(*arguments, stdin=stdin)
    assert (1, "") == (result.exit_code, result.stdout)
    said = result.stderr.removeprefix(made(path))
    assert sentence.format(path=path) in said
    assert 1 == len(said.splitlines())


def test_the_file_is_named_before_or_after_the_command(command: Command, tmp_path: Path) -> None:
    """What is said last counts, and both before the environment."""
    one, other = str(tmp_path / "one.db"), str(tmp_path / "other.db")
    command("--store", one, "user", "add", "bob", stdin="a password\n")
    command("--store", one, "user", "add", "eve", "--store", other, stdin="a password\n")
    names = [command("--store", file, "user", "list", "--json").stdout for file in (one, other)]
    assert ["bob", "eve"] == [json.loads(name)["name"] for name in names]


def test_without_the_extra_it_says_what_to_install(
    command: Command, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a traceback, and the other commands work without it."""
    for name in [name for name in sys.modules if name.startswith("bearerguard.devserver")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "flask", None)
    monkeypatch.setitem(sys.modules, "werkzeug.security", None)
    for arguments in ((), ("user", "add", "bob"), ("application", "add", "Picard")):
        result = command(*arguments)
        assert 1 == result.exit_code
        assert (
            "Error: the development server needs more packages: pip install 'bearerguard[devserver]'\n"
            == result.stderr
        )
    assert not path.exists()


@pytest.mark.parametrize("empty", ["", " "])
def test_a_limit_that_names_no_scope_is_not_taken_for_none(command: Command, path: Path, empty: str) -> None:
    """An empty variable of a script must not open everything."""
    result = command("application", "add", "Player", "--scope", empty)
    assert 2 == result.exit_code
    assert "Invalid value for '--scope'" in result.output
    assert not path.exists()
