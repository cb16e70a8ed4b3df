"""Paths that pass untouched: no spelling of another path may become one."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import ConfigurationError
from bearerguard.public import PublicPaths, route_path

PUBLIC = ("/health", "/static/*", "/", "/a/b")


@pytest.mark.parametrize(
    "path", ["/health", "/static/", "/static/x", "/static/x/y.css", "/", "/a/b", "/static/ü%41"]
)
def test_what_is_public(path: str) -> None:
    """Exact paths, and everything below a subtree."""
    assert path in PublicPaths(PUBLIC)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "health",
        "/healthx",
        "/health/",
        "/health/x",
        "/Health",
        "/HEALTH",
        "//health",
        "/health//",
        "/./health",
        "/x/../health",
        "\\health",
        "/health\\",
        "/health\x00",
        "/health\n",
        "/health;x",
        "/health?x",
        "/%68ealth",
        "/static",
        "/staticx",
        "/Static/x",
        "/static//x",
        "/static/../admin",
        "/static/..",
        "/static/.",
        "/static/./x",
        "/static/x/..",
        "/static/..\\admin",
        "/static/\\..\\admin",
        "/static/%2e%2e/admin",
        "/static/%2E%2E/admin",
        "/static/.%2e/admin",
        "/static/x%2f..%2fadmin",
        "/static/%2Fadmin",
        "/static/%5c..",
        "/static/%255c",
        "/static/x%00",
        "/static/x%0a",
        "/static/x\x7f",
        "/static/x\r\ny",
        "//static/x",
    ],
)
def test_what_is_not(path: str) -> None:
    """Neither another path, nor one that somebody down the line could read as another."""
    assert path not in PublicPaths(PUBLIC)


@pytest.mark.parametrize("path", ["/static/...", "/static/.hidden", "/static/a..b", "/static/..a/x"])
def test_dots_in_a_name_are_a_name(path: str) -> None:
    """Only a whole segment of one or two dots is a step."""
    assert path in PublicPaths(PUBLIC)


def test_a_path_of_wsgi_is_utf_8_read_as_latin_1() -> None:
    """PEP 3333."""
    assert "/grüße".encode().decode("latin-1") in PublicPaths(("/grüße",), as_latin_1=True)
    assert "/grüße" in PublicPaths(("/grüße",))


@pytest.mark.parametrize(
    ("path", "root_path", "routed"),
    [
        ("/api/health", "/api", "/health"),
        ("/api", "/api", ""),
        ("/apihealth", "/api", "/apihealth"),
        ("/health", "/api", "/health"),
        ("/api/health", "", "/api/health"),
        ("/api/api/health", "/api", "/api/health"),
        ("/api/health", "/api/", "/api/health"),
    ],
)
def test_a_mount_is_taken_off_where_the_path_begins_with_it(path: str, root_path: str, routed: str) -> None:
    """As the application itself does."""
    assert routed == route_path(path, root_path)


@pytest.mark.parametrize("paths", ["/health", b"/health", None, 5, {"/health"}, iter(["/health"])])
def test_anything_but_a_tuple_is_a_mistake(paths: Any) -> None:
    """A bare string would be the paths "/", "h", "e" and so on."""
    with pytest.raises(
        ConfigurationError, match=r'^public= must be a tuple of paths, such as \("/health",\): mind'
    ):
        PublicPaths(paths)


def test_everything_is_not_a_path() -> None:
    """A guard that guards nothing is a mistake."""
    with pytest.raises(ConfigurationError, match=r'^public= holds "/\*": that is everything'):
        PublicPaths(["/*"])


@pytest.mark.parametrize("path", ["", "health", "*", "https://x/health", 5, None])
def test_a_path_begins_with_a_slash(path: Any) -> None:
    """And is text."""
    with pytest.raises(ConfigurationError, match=r"^public= holds .*: a path begins with a slash$"):
        PublicPaths([path])


@pytest.mark.parametrize(
    "path",
    [
        "/a*",
        "/a/*/b",
        "/*/a",
        "/**",
        "/a/**",
        "//a",
        "/a//*",
        "/../a",
        "/a/./*",
        "/a\\b",
        "/a?",
        "/a\n",
    ],
)
def test_a_path_that_could_never_match_is_a_mistake(path: str) -> None:
    """No patterns, and no path that is never public."""
    with pytest.raises(
        ConfigurationError, match=r'write an exact path \("/health"\) or a subtree \("/static/\*"\)$'
    ):
        PublicPaths([path])


@pytest.mark.parametrize("path", ["/caf%C3%A9", "/a%20b", "/%2e/x"])
def test_a_path_is_written_decoded(path: str) -> None:
    """As the application routes on it; an encoded one would never match."""
    with pytest.raises(ConfigurationError, match=r'write it decoded, as in "/café"$'):
        PublicPaths([path])


def test_without_paths_there_is_nothing_to_ask() -> None:
    """So that it costs nothing."""
    assert [(), ("/a",), ("/a/",)] == [PublicPaths(paths).beginnings for paths in ((), ("/a",), ("/a/*",))]
