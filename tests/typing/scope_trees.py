"""What a type checker makes of scope trees; nothing here runs."""

from __future__ import annotations

from typing import assert_type

from bearerguard import Authentication, ResourceServer, ScopeTree

tree = ScopeTree({"modify": ["add"], "add": ("read",)}, scopes={"modify", "add", "read"})
assert_type(tree.expand(frozenset({"add"})), frozenset[str])
assert_type(tree.implied_by("add"), frozenset[str])
ScopeTree({"modify": {"add"}}, ["modify", "add"])
ScopeTree([("modify", ["add"])])  # type: ignore[arg-type]
ScopeTree({"modify": None})  # type: ignore[dict-item]
assert_type(tree.expand(["add"]), frozenset[str])

ResourceServer.for_issuer("https://as.example.org", resource="https://api.example.org", scope_tree=tree)
ResourceServer.for_issuer(
    "https://as.example.org",
    resource="https://api.example.org",
    scope_tree={"modify": ["add"]},  # type: ignore[arg-type]
)


def use(found: Authentication) -> None:
    assert_type(found.scopes, frozenset[str])
