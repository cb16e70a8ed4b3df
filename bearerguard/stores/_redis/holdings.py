"""Which servers hold the keys, so that who goes through all of them can tell that none has moved meanwhile.

What a scan has behind it is not looked at again. A key that comes there from where the scan has not been yet
is missed: when a cluster is resharded, a replica takes over, or another server comes to the same place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bearerguard.stores._redis.facts import run_ids


@dataclass(frozen=True, slots=True)
class Holdings:
    """The running servers, and of a cluster what each primary says that it holds."""

    run_ids: tuple[str, ...]
    slots: tuple[str, ...] = ()
    is_moving: bool = False


def holdings_of(client: Any) -> Holdings:
    """Ask for it. Raises what redis-py raises."""
    if not hasattr(client, "get_primaries"):
        return Holdings(run_ids(client))
    client.nodes_manager.initialize()  # a primary that is new would not be gone through
    nodes = [
        node
        for primary in client.get_primaries()
        for node in client.execute_command("CLUSTER NODES", target_nodes=primary).values()
        if "myself" in node["flags"]  # what the others hold it knows from hearsay
    ]
    return Holdings(
        run_ids(client),
        # The epoch too: slots may have gone and come back.
        tuple(sorted(f"{node['node_id']} {node['epoch']} {node['slots']}" for node in nodes)),
        any(node["migrations"] for node in nodes),
    )
