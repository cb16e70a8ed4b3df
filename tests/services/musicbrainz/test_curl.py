"""curl: a token in the header, in a form and in the query, and `--digest`."""

from __future__ import annotations

import subprocess

import pytest

from tests.services.musicbrainz.edges import PASSWORD, Edge, Tokens, metadata, needed

USERINFO = '{"sub":"alice","profile":"https://musicbrainz.example/user/alice"}'


def curl(edge: Edge, path: str, *options: str) -> str:
    """Give what curl prints; the last line is the status."""
    command = [needed("curl"), "-s", "--cacert", str(edge.ca_file), "-w", "\n%{http_code}", *options]
    done = subprocess.run([*command, edge.url + path], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout


@pytest.mark.parametrize("way", ["header", "form", "query"])
def test_each_of_the_three_ways(edge: Edge, tokens: Tokens, way: str) -> None:
    """RFC 6750 section 2: the same answer to all."""
    token = tokens.of("profile")
    path = f"/oauth2/userinfo?access_token={token}" if way == "query" else "/oauth2/userinfo"
    options = {
        "header": ("-H", f"Authorization: Bearer {token}"),
        "form": ("-d", f"access_token={token}"),
        "query": (),
    }[way]
    assert f"{USERINFO}\n200" == curl(edge, path, *options)


def test_an_xml_submission_with_a_token_in_the_query(edge: Edge, tokens: Tokens) -> None:
    """The body is XML, so a form cannot carry the token, and the rest of the query stays."""
    body = '<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"/>'
    path = f"/ws/2/tag?client=curl-1&access_token={tokens.of('tag')}"
    printed = curl(edge, path, "-H", "Content-Type: application/xml; charset=UTF-8", "-d", body)
    assert f"{metadata('<message><text>OK</text></message>')}\n200" == printed


def test_digest(edge: Edge) -> None:
    """Two requests: curl waits for the challenge first."""
    printed = curl(edge, "/ws/2/collection?fmt=json", "--digest", "-u", f"alice:{PASSWORD}")
    assert printed.startswith('{"collection-count":1,"collections":[{"id":')
    assert printed.endswith("\n200")
