"""What an authorization server says of itself, and what is wrong with it, in plain sentences."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bearerguard.cli import main
from bearerguard.cli.options import is_piped_in
from tests.hostile import answers, authority
from tests.signing import ED25519, RSA, key_set
from tests.test_issuer_tls import FIRST, SECOND, Provider, providing

UNUSABLE = {"kty": "RSA", "n": "AQ", "e": "AQAB", "kid": "small"}


def check(issuer: str, *arguments: str) -> Result:
    ca_file = str(authority.ca_file("ours"))
    result = CliRunner().invoke(main, ["check", "--issuer", issuer, "--ca-file", ca_file, *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def publish_keys(provider: Provider, *keys: Any) -> None:
    content = json.dumps({"keys": [*key_set(RSA)["keys"], *keys]}).encode()
    provider.pages["/tenant/jwks"] = answers.answer(content)


def test_an_issuer_that_is_well() -> None:
    """Where it says what, and which keys there are; status 0."""
    with providing() as (provider, server):
        result = check(provider.issuer)
        host = f"https://127.0.0.1:{server.port}"
        assert [
            f"issuer                  {host}/tenant",
            f"metadata                {host}{FIRST}",
            f"jwks_uri                {host}/tenant/jwks",
            f"introspection_endpoint  {host}/tenant/introspect",
            "keys                    rsa (PS256 PS384 PS512 RS256 RS384 RS512)",
        ] == result.stdout.splitlines()
        assert (0, "") == (result.exit_code, result.stderr)
        server.wait_for(lambda server: server.open == 0)


def test_the_second_place_and_a_key_that_is_of_no_use() -> None:
    """Status 0 all the same, since other keys are."""
    with providing(SECOND, introspection_endpoint=None) as (provider, server):
        publish_keys(provider, ED25519.jwk, UNUSABLE)
        result = check(provider.issuer)
        host = f"https://127.0.0.1:{server.port}"
        assert [
            f"metadata                {host}{SECOND}",
            f"jwks_uri                {host}/tenant/jwks",
            "introspection_endpoint  none",
            "keys                    rsa (PS256 PS384 PS512 RS256 RS384 RS512)",
            "                        ed25519 (Ed25519 EdDSA)",
            f"wrong                   key 3 of the key set of 127.0.0.1:{server.port}/tenant is not used: "
            "its modulus has fewer than 2048 bits",
        ] == result.stdout.splitlines()[1:]
        assert 0 == result.exit_code


def test_endpoints_that_the_guard_does_not_ask() -> None:
    """Status 0 where the keys are to be had; and each is named once."""
    with providing(introspection_endpoint="http://as.example.org/x") as (provider, _):
        result = check(provider.issuer)
        reason = "the metadata's introspection_endpoint is no https URL that could be asked"
        assert "introspection_endpoint  none" in result.stdout.splitlines()
        assert f"wrong                   {reason}" == result.stdout.splitlines()[-1]
        assert 0 == result.exit_code
    with providing(jwks_uri="http://as.example.org/x") as (provider, server):
        assert [
            f"the jwks_uri of 127.0.0.1:{server.port}/tenant is unavailable, requests that need it get 503: "
            "the metadata's jwks_uri is no https URL that could be asked"
        ] == wrong(check(provider.issuer))


def test_as_json() -> None:
    """For programs."""
    with providing() as (provider, server):
        found = json.loads(check(provider.issuer, "--json").stdout)
        assert {
            "issuer": provider.issuer,
            "metadata": f"https://127.0.0.1:{server.port}{FIRST}",
            "jwks_uri": f"{provider.issuer}/jwks",
            "introspection_endpoint": f"{provider.issuer}/introspect",
            "keys": [{"kid": "rsa", "algorithms": ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]}],
            "wrong": [],
        } == found


def wrong(result: Result) -> list[str]:
    """What is wrong, where nothing could be used."""
    assert (3, "") == (result.exit_code, result.stderr)
    lines = result.stdout.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("wrong"))
    assert "keys                    none" == lines[start - 1]
    return [line.removeprefix("wrong").strip() for line in lines[start:]]


def test_an_issuer_that_calls_itself_otherwise() -> None:
    """The guard would answer 503; here one sees what the name is."""
    with providing() as (provider, server):
        provider.publish(server.port, issuer=f"{provider.issuer}/")
        prefix = (
            f"the metadata of 127.0.0.1:{server.port}/tenant is unavailable, requests that need it get 503: "
        )
        assert [
            f"{prefix}its issuer is ours but for the slash at the end: give it as the metadata has it",
            f'the metadata names this issuer: "{provider.issuer}/"',
        ] == wrong(check(provider.issuer))


@pytest.mark.parametrize("said", ["\x1b[31mred", "x" * 10_000, {"a": "b"}, None])
def test_whatever_it_calls_itself_the_terminal_is_safe(said: Any) -> None:
    """No escapes, no more than a line or two."""
    with providing(issuer=said) as (provider, _):
        shown = wrong(check(provider.issuer))[-1]
        assert (True, True) == (shown.isprintable(), len(shown) < 250)


def test_an_issuer_without_metadata_or_without_keys() -> None:
    """Status 3, and why."""
    with providing(jwks_uri=None) as (provider, server):
        name = f"127.0.0.1:{server.port}/tenant"
        prefix = f"the jwks_uri of {name} is unavailable, requests that need it get 503: "
        assert [f"{prefix}the metadata names no jwks_uri"] == wrong(check(provider.issuer))
        provider.pages.clear()
        prefix = f"the metadata of {name} is unavailable, requests that need it get 503: "
        assert [f"{prefix}it answers 404: see metadata_url="] == wrong(check(provider.issuer))


def test_the_place_can_be_said() -> None:
    """As to an Issuer."""
    with providing("/odd") as (provider, _):
        assert 3 == check(provider.issuer).exit_code
        assert (
            0
            == check(
                provider.issuer, "--metadata-url", f"{provider.issuer.removesuffix('/tenant')}/odd"
            ).exit_code
        )


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("http://localhost:8080",), "--issuer"),
        (("http://127.0.0.1",), "--issuer"),
        (("https://as.example.org", "--metadata-url", "http://[::1]/x"), "--metadata-url"),
    ],
)
def test_http_to_this_machine_is_an_option_of_the_command(arguments: tuple[str, ...], option: str) -> None:
    """Named as the command calls it."""
    result = CliRunner().invoke(main, ["check", "--issuer", *arguments])
    expected = f"Error: {option}: http to this machine is only for development, with --allow-loopback-http\n"
    assert (1, expected) == (result.exit_code, result.stderr)


@pytest.mark.parametrize("arguments", [("--scope", "tag"), ("--any-form",)])
def test_what_is_asked_of_tokens_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    """Nobody shall believe that a token was looked at; nobody is asked."""
    result = CliRunner().invoke(main, ["check", "--issuer", "https://as.example.org", *arguments])
    expected = "Error: --issuer looks at no token, so --scope and --any-form say nothing with it."
    assert (2, "", expected) == (result.exit_code, result.stdout, result.stderr.splitlines()[-1])


def run_with(content: bytes) -> subprocess.CompletedProcess[bytes]:
    program = "from bearerguard.cli import main; main()"
    command = [sys.executable, "-c", program, "check", "--issuer", "https://127.0.0.1:1"]
    return subprocess.run(command, input=content, capture_output=True, check=False, timeout=60)


def test_a_token_that_is_piped_in_is_wrong_usage() -> None:
    """A status of 0 would be taken for a word about it."""
    result = run_with(b"eyJ.e30.x\n")
    expected = b"Error: --issuer looks at no token: give it </dev/null, or leave --issuer out."
    assert (2, b"", expected) == (result.returncode, result.stdout, result.stderr.splitlines()[-1])


def test_a_standard_input_with_nothing_in_it_is_none() -> None:
    """As of a job that nobody watches."""
    assert 3 == run_with(b"").returncode


@pytest.mark.parametrize("content", [b"", b"x"])
def test_nobody_waits_for_a_token_beside_an_issuer(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that is open says nothing until something is in it."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "wb", buffering=0) as stdout:
        monkeypatch.setattr("sys.stdin", stdin)
        stdout.write(content)
        assert bool(content) == is_piped_in()
        monkeypatch.setattr("sys.stdin", None)
        assert not is_piped_in()


def test_a_token_beside_it_is_wrong_usage() -> None:
    """And it is not repeated."""
    result = CliRunner().invoke(main, ["check", "--issuer", "https://as.example.org", "eyJ.e30.x"])
    assert (2, "", False) == (result.exit_code, result.stdout, "eyJ" in result.stderr)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("http://as.example.org",), "Error: Issuer: the issuer must be an https URL, such as "),
        (("https://[",), "Error: Issuer: the issuer is not a URL, such as "),
        (("https://as.example.org", "--ca-file", "none.pem"), "Error: HttpxClient cannot use one of its "),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], expected: str) -> None:
    """Status 1, and no traceback."""
    result = CliRunner().invoke(main, ["check", "--issuer", *arguments])
    assert (1, True) == (result.exit_code, result.stderr.startswith(expected))
