"""Before CRDs go, and every custom resource with them: delete those while their operator is still there.

Otherwise their finalizers would wait for an operator that went in the same moment, and nobody could ever
remove them. Volumes stay or go as each one's ``storage.onDelete`` says.
"""

import asyncio
import logging
from typing import Final

from sluice.api.kinds import KINDS, Kind
from sluice.kube import Kube, paths
from sluice.logs import about

logger = logging.getLogger("sluice")

POLL_SECONDS: Final = 1.0
NAMED: Final = 5
"""So many of those that are left are named."""


class RemovalError(Exception):
    """Something is still there. The message says what, and what to do."""


async def remove_all(kube: Kube, namespaces: tuple[str, ...], deadline: float) -> None:
    """Delete every custom resource and wait until it is gone. Raises :class:`RemovalError`."""
    try:
        async with asyncio.timeout(deadline):
            # Polled: whether the operator gets on is told by nothing but what is left.
            while await _delete_what_is_left(kube, namespaces):  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        left = [
            f"{kind.noun} {namespace}/{name}"
            for kind in KINDS.values()
            for namespace, name, *_ in await _list(kube, kind, namespaces)
        ]
        raise RemovalError(
            f"After {deadline:g} s there are still {len(left)}: {', '.join(left[:NAMED])}. See what they wait"
            " for by `sluice explain`, or force-stop them, and uninstall again."
        ) from None


async def _delete_what_is_left(kube: Kube, namespaces: tuple[str, ...]) -> int:
    count = 0
    for kind in KINDS.values():
        for namespace, name, uid, is_leaving in await _list(kube, kind, namespaces):
            count += 1
            if not is_leaving:
                extra = about(kind.name, namespace, name)
                logger.info("%s %s/%s: deleting", kind.noun, namespace, name, extra=extra)
                await kube.delete(paths.resource(kind, namespace, name), uid=uid)
    return count


async def _list(kube: Kube, kind: Kind, namespaces: tuple[str, ...]) -> list[tuple[str, str, str, bool]]:
    found: list[tuple[str, str, str, bool]] = []
    for namespace in namespaces or (None,):
        async for body in kube.list(paths.resources(kind, namespace)):
            metadata = body["metadata"]
            is_leaving = "deletionTimestamp" in metadata
            found.append((metadata["namespace"], metadata["name"], metadata["uid"], is_leaving))
    return found
