"""Delete Jobs and pods of elements: a few by their uids, many in a few requests, by their labels."""

from collections.abc import Iterable, Mapping
from typing import Final

from sluice.api import constants
from sluice.kube import Kube, paths
from sluice.manifests import Identity
from sluice.reconcile.batch.together import do_each
from sluice.store import Place, Store

AT_ONCE: Final = 16
MANY: Final = 8
IN_REQUEST: Final = 100
"""Elements in one selector: an address of 6 KiB at most, and a request that ends within its deadline."""

Doomed = Iterable[tuple[str, str]]
"""Name and uid of each."""


async def delete_jobs(kube: Kube, store: Store, identity: Identity, jobs: Doomed) -> None:
    """Delete Jobs; what they own goes after them. Raises ``ApiError`` and ``ApiUnreachableError``."""
    places = {record.job.uid: record.place for record in store.elements.jobs_of(identity.uid)}
    await _delete(kube, identity, paths.job(identity.namespace), jobs, places)


async def delete_pods(kube: Kube, store: Store, identity: Identity, pods: Doomed, grace: int | None) -> None:
    """Delete pods. ``grace`` is in seconds; ``None`` leaves each its own. Raises as :func:`delete_jobs`."""
    places = {record.pod.uid: record.place for record in store.elements.pods_of(identity.uid)}
    await _delete(kube, identity, paths.pod(identity.namespace), pods, places, grace)


async def _delete(
    kube: Kube,
    identity: Identity,
    collection: str,
    doomed: Doomed,
    places: Mapping[str, Place],
    grace: int | None = None,
) -> None:
    doomed = list(doomed)
    if len(doomed) < MANY:
        one_by_one = (
            kube.delete(f"{collection}/{name}", uid=uid, grace_seconds=grace) for name, uid in doomed
        )
        await do_each(AT_ONCE, one_by_one)
        return
    elements: dict[int, set[str]] = {}
    for _, uid in doomed:
        if uid in places:
            elements.setdefault(places[uid].run_number, set()).add(places[uid].element)
    selectors = [_select(identity, run, some) for run, names in elements.items() for some in _in_parts(names)]
    await do_each(AT_ONCE, (kube.delete_all(collection, each, grace_seconds=grace) for each in selectors))


def _in_parts(names: set[str]) -> Iterable[list[str]]:
    ordered = sorted(names)
    return (ordered[start : start + IN_REQUEST] for start in range(0, len(ordered), IN_REQUEST))


def _select(identity: Identity, run_number: int, elements: list[str]) -> str:
    chosen = f"{constants.LABEL_RUN_NUMBER}={run_number},{constants.LABEL_ELEMENT} in ({','.join(elements)})"
    return f"{identity.selector},{chosen}"
