"""What nobody may read: in the file, in logs, in answers (RFC 6749 section 10)."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import PASSWORD, VERIFIER, Workshop

STRANGER = "stranger-than-fiction"


def use_everything(workshop: Workshop) -> set[str]:
    """Run every flow, good and bad; gives all the secrets that were in it."""
    secrets = {VERIFIER, PASSWORD}
    for by, how in (
        (workshop.confidential, {}),
        (workshop.public, {}),
        (workshop.installed, {"redirect_uri": "http://localhost:1/", "code_challenge": VERIFIER}),
    ):
        plain = {"code_challenge_method": "plain"} if "code_challenge" in how else {}
        code = workshop.code(by, **how, **plain)
        unused = workshop.code(by, **how, **plain)
        where = {"redirect_uri": how["redirect_uri"]} if "redirect_uri" in how else {}
        tokens = workshop.exchange(by, code, **where).json
        who = {"client_id": by.client_id} | ({"client_secret": by.secret} if by.secret else {})
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **who}
        newer = workshop.post("/oauth2/token", form).json
        secrets |= {code, unused, by.secret or code}
        secrets |= {answer[kind] for answer in (tokens, newer) for kind in ("access_token", "refresh_token")}
        workshop.post("/oauth2/introspect", {"token": newer["access_token"], **who})
        workshop.client().get("/oauth2/tokeninfo", query_string={"access_token": newer["access_token"]})
        workshop.client().get("/oauth2/userinfo", query_string={"access_token": newer["access_token"]})
        workshop.exchange(by, code, **where)
        workshop.post("/oauth2/revoke", {"token": newer["refresh_token"], **who})
    itself = workshop.post("/oauth2/token", {"grant_type": "client_credentials"}, by=workshop.confidential)
    implicit = workshop.allow(workshop.public, response_type="token")
    return secrets | {itself.json["access_token"], implicit["access_token"]}


@pytest.fixture(scope="module")
def everything(make_workshop: MakeWorkshop) -> Workshop:
    """A server with every switch on."""
    return make_workshop(allow_implicit=True, rotate_refresh_tokens=True)


def test_the_file_has_none_of_the_secrets(everything: Workshop) -> None:
    """Codes, tokens, client secrets, verifiers and passwords are hashed at rest."""
    secrets = use_everything(everything)
    assert 15 <= len(secrets)
    files = [Path(f"{everything.path}{end}") for end in ("", "-wal", "-shm")]
    content = b"".join(file.read_bytes() for file in files if file.exists())
    assert everything.confidential.client_id.encode() in content
    assert [] == [secret for secret in secrets if secret.encode() in content]


def test_the_log_has_none_of_them(everything: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where everything is logged: Authlib tells what it does."""
    with caplog.at_level(logging.DEBUG):
        secrets = use_everything(everything)
    logged = unquote(caplog.text + repr([record.args for record in caplog.records]))
    assert "Issue token <access token " in logged
    assert "Grant token <access token " in logged
    assert [] == [secret for secret in secrets if secret in logged]


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"])
@pytest.mark.parametrize(
    "name",
    ["grant_type", "scope", "code", "redirect_uri", "refresh_token", "client_id", "client_secret", "token"],
)
def test_answers_repeat_nothing_that_was_sent(everything: Workshop, path: str, name: str) -> None:
    """Whatever is wrong with it."""
    by = everything.confidential
    good = {"client_id": by.client_id, "client_secret": by.secret}
    for grant_type in ("authorization_code", "refresh_token", "client_credentials"):
        for value in (STRANGER, STRANGER + "\0"):
            form = {"grant_type": grant_type, "code": "a", "refresh_token": "a", **good, name: value}
            response = everything.post(path, form)
            assert STRANGER not in response.text + str(response.headers)
