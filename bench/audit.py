"""Count what the operator asked of the API server, from the server's own audit log."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import orjson

WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})
EVENTS: Final = "create events"


def count_requests(lines: Iterable[str], user: str, namespace: str) -> Counter[str]:
    """How often ``user`` asked for what in ``namespace``: ``{"patch pipelines/status": 7, ...}``.

    A request that was refused counts too: the API server has worked for it.
    """
    counted: Counter[str] = Counter()
    for line in lines:
        entry: dict[str, Any] = orjson.loads(line)
        target: dict[str, Any] = entry.get("objectRef") or {}
        is_meant = entry["user"].get("username") == user and target.get("namespace") == namespace
        if is_meant and entry.get("stage") == "ResponseComplete":
            parts = (target.get("resource"), target.get("subresource"))
            counted[f"{entry['verb']} {'/'.join(str(part) for part in parts if part)}"] += 1
    return counted


def split_writes(counted: Counter[str]) -> tuple[int, int]:
    """Writes without Events, and Events."""
    writes = sum(number for what, number in counted.items() if what.partition(" ")[0] in WRITES)
    return writes - counted[EVENTS], counted[EVENTS]
