"""Which rights a database's user needs: what docs/stores.md grants is enough, and not too much."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator

import pytest

from bearerguard import StoredTokens
from bearerguard.errors import Unavailable
from bearerguard.stores import TokenRecord, issue
from bearerguard.stores.opening import upgrade_store
from bearerguard.stores.sql import SqlTokenStore
from tests.docs.pages import DOCS, blocks_of
from tests.stores.databases import database, execute
from tests.support import App, WsgiEdge, bearer, server

GRANT = re.compile(r"GRANT (?P<rights>[A-Z, ]+) ON (?P<tables>[\w, ]+) TO (?P<user>\w+);")


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def urls(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The database's URL for each of the page's users."""
    with database(request.param, tmp_path_factory.mktemp("rights")) as url:
        upgrade_store(url)
        names = {user: f"{user}_{secrets.token_hex(4)}" for user in ("api", "issuer")}
        for name in names.values():
            execute(url, f"CREATE ROLE {name} LOGIN" if is_postgresql(url) else f"CREATE USER {name}")
        for match in granted():
            for table in match["tables"].split(", "):
                execute(url, f"GRANT {match['rights']} ON {table} TO {names[match['user']]}")
        yield {user: re.sub(r"//\w+@", f"//{name}@", url) for user, name in names.items()}
        for name in names.values():
            drop = f"DROP OWNED BY {name}; DROP ROLE {name}" if is_postgresql(url) else f"DROP USER {name}"
            execute(url, drop)


def granted() -> list[re.Match[str]]:
    blocks = [block.text for block in blocks_of(DOCS / "stores.md") if block.language == "sql"]
    return [match for text in blocks for match in GRANT.finditer(text)]


def is_postgresql(url: str) -> bool:
    return url.startswith("postgresql")


def test_a_server_needs_to_read_only(urls: dict[str, str]) -> None:
    """It finds, counts, hears and says what it is; it cannot write."""
    store = SqlTokenStore(urls["api"], create=False)
    record = issue(subject="alice")[1]
    assert (None, 0) == (store.find(record.digest), store.count())
    assert store.state().version == store.state().newest_version
    source = store.feed.new_source()
    source.open()  # though MySQL does not show it the triggers
    assert [] == list(source.prove())
    source.close()
    with pytest.raises(Unavailable):
        store.add(record)
    store.close()


def test_who_issues_and_revokes_needs_no_more_than_to_write(urls: dict[str, str]) -> None:
    """Everything that the command does to tokens."""
    store = SqlTokenStore(urls["issuer"], create=False)
    one, other = issue(subject="alice")[1], issue(subject="alice")[1]
    store.add(one)
    store.add_many([other])
    store.merge([one])
    store.extend(one)
    assert (True, 1) == (store.revoke(one.digest), store.revoke_all(subject="alice"))
    store.keep_uses({one.digest: 5.0})
    assert {one.digest: 5.0} == store.last_uses([one.digest])
    assert 2 == store.purge(before=1e11 - 1)
    store.close()


@pytest.fixture
def token(urls: dict[str, str]) -> Iterator[tuple[str, TokenRecord]]:
    """One that somebody has issued, who may."""
    issuer = SqlTokenStore(urls["issuer"], create=False)
    issued = issue(subject="alice")
    issuer.add(issued[1])
    yield issued
    issuer.purge(before=1e11 - 1)
    issuer.close()


def test_a_server_that_only_reads_tokens_keeps_their_last_use(
    urls: dict[str, str], token: tuple[str, TokenRecord]
) -> None:
    """The page grants it the one table; of two instants the later one counts here too."""
    store = SqlTokenStore(urls["api"], create=False)
    digest = token[1].digest
    for at in (5.0, 7.0, 6.0):
        store.keep_uses({digest: at})
    assert {digest: 7.0} == store.last_uses([digest])
    with pytest.raises(Unavailable):
        store.revoke(digest)
    with pytest.raises(Unavailable):
        store.purge(before=2e9)
    store.close()


def test_without_that_right_every_request_is_served_and_one_line_warns(
    urls: dict[str, str], token: tuple[str, TokenRecord], caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is tried, neither look-ups nor changes are left alone for it."""
    name = urls["api"].partition("//")[2].partition("@")[0]
    execute(urls["api"], f"REVOKE INSERT, UPDATE ON bearerguard_uses FROM {name}")
    try:
        store = SqlTokenStore(urls["api"], create=False)
        guard = WsgiEdge().guard(App(), server(StoredTokens(store), now=time.time))
        for _ in range(8):
            assert 200 == WsgiEdge().answer(guard, headers=bearer(token[0])).status
            assert store._uses is not None
            store._uses.write()
        store.close()
    finally:
        execute(urls["api"], f"GRANT INSERT, UPDATE ON bearerguard_uses TO {name}")
    (warning,) = caplog.records
    assert warning.getMessage() == (
        "when tokens were last used cannot be kept, and is tried again later: "
        f"token store: {store._place.name} does not let this user do that: see its GRANTs"
    )
    assert (None, None) == (store._breaker._reopens_at, store._changes._reopens_at)
