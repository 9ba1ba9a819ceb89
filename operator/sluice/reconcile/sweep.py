"""Now and then, look for what no event will ever tell.

A watch that had to start over does not report what vanished in between, and a custom resource whose
finalizer was removed by hand leaves its objects behind. Both are found by listing.
"""

import logging
from collections.abc import AsyncIterator

from sluice.api import constants
from sluice.api.json_values import Json, child, texts
from sluice.api.json_values import children as child_list
from sluice.api.kinds import KINDS
from sluice.kube import Kube, paths
from sluice.reconcile.objects import read_owner_uid
from sluice.store import (
    ElementPodRecord,
    JobRecord,
    Key,
    Store,
    is_of_element,
    project_element_pod,
    project_job,
    project_pod,
)

logger = logging.getLogger("sluice")

PODS, CLAIMS, REVISIONS, JOBS = "pods", "persistentvolumeclaims", "controllerrevisions", "jobs"
KINDS_SWEPT = (PODS, CLAIMS, REVISIONS, JOBS)
GROUPS = {REVISIONS: "apps/v1", JOBS: "batch/v1"}


class Sweeper:
    """Lists what the operator made, in the namespaces that it watches (none named: in all)."""

    def __init__(self, kube: Kube, store: Store, namespaces: tuple[str, ...]) -> None:
        self._kube = kube
        self._store = store
        self._scopes: tuple[str | None, ...] = namespaces or (None,)

    async def prefill(self) -> None:
        """Know the pods before the first decision: otherwise a late watch makes them look absent."""
        async for body in self._children(PODS):
            if is_of_element(body):
                self._store.elements.put_pod(project_element_pod(body))
            else:
                self._store.put_pod(project_pod(body))
        async for body in self._children(JOBS):
            self._store.elements.put_job(project_job(body))

    async def sweep(self) -> list[Key]:
        """Correct the store and delete orphans; returns the custom resources that deserve a look."""
        known = self._store.pods()
        jobs, pods = [*self._store.elements.all_jobs()], [*self._store.elements.all_pods()]
        children = {kind: [body async for body in self._children(kind)] for kind in KINDS_SWEPT}
        # Listed after the children: an owner that is missing here was gone before, not about to come.
        owning = [body async for body in self._owners()]
        self._expect_news(children[PODS], owning)
        owners: set[str] = {body["metadata"]["uid"] for body in owning}
        present = {body["metadata"]["uid"] for body in children[PODS]}
        lost = [record for record in known if record.pod.uid not in present]
        for record in lost:
            self._store.lose_pod(record)
        for kind, bodies in children.items():
            for body in bodies:
                if read_owner_uid(body) not in owners:
                    await self._delete_orphan(kind, body)
        await self._delete_old_revisions(owning, owners, children)
        return [record.owner for record in lost] + self._lose_elements(jobs, pods, children)

    def _lose_elements(
        self, jobs: list[JobRecord], pods: list[ElementPodRecord], children: dict[str, list[Json]]
    ) -> list[Key]:
        """Jobs and pods of elements that went unheard; returns whose they were."""
        present = {body["metadata"]["uid"] for kind in (JOBS, PODS) for body in children[kind]}
        lost_jobs = [record for record in jobs if record.job.uid not in present]
        lost_pods = [record for record in pods if record.pod.uid not in present]
        for job in lost_jobs:
            self._store.elements.drop_job(job)
        for pod in lost_pods:
            self._store.elements.drop_pod(pod)
        return [job.place.owner for job in lost_jobs] + [pod.place.owner for pod in lost_pods]

    def _expect_news(self, pods: list[Json], owning: list[Json]) -> None:
        """What is listed has to have come, or to come, by the watches too."""
        for body in pods:
            metadata = body["metadata"]
            version = int(metadata["resourceVersion"])
            self._store.freshness.expect(PODS, metadata["namespace"], metadata["name"], version)
        for body in owning:
            self._store.expect_news_of(body)

    async def _children(self, kind: str) -> AsyncIterator[Json]:
        group = GROUPS.get(kind, "")
        for namespace in self._scopes:
            async for body in self._kube.list(
                paths.everywhere(kind, namespace, group), constants.MANAGED_SELECTOR
            ):
                yield body

    async def _owners(self) -> AsyncIterator[Json]:
        for kind in KINDS.values():
            for namespace in self._scopes:
                async for body in self._kube.list(paths.resources(kind, namespace)):
                    yield body

    async def _delete_old_revisions(
        self, owning: list[Json], owners: set[str], children: dict[str, list[Json]]
    ) -> None:
        """Specs that no run was made from any more. Deleting one that a pod still has would end the pod."""
        in_use = {child(body, "status").get("revision") for body in owning}
        in_use |= {
            owner.get("name")
            for pod in children[PODS]
            for owner in child_list(pod["metadata"], "ownerReferences")
        }
        for body in children[REVISIONS]:
            metadata = body["metadata"]
            if metadata["name"] not in in_use and read_owner_uid(body) in owners:
                path = paths.revision(metadata["namespace"], metadata["name"])
                await self._kube.delete(path, uid=metadata["uid"])

    async def _delete_orphan(self, kind: str, body: Json) -> None:
        """Its owner is gone for good. Data goes only where the spec had declared that it should."""
        metadata = body["metadata"]
        namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]
        labels = texts(metadata, "labels")
        if constants.LABEL_UID not in labels or "deletionTimestamp" in metadata:
            return
        if kind == CLAIMS and labels.get(constants.LABEL_ON_DELETE) != "Delete":
            return
        path = PATHS[kind](namespace, name)
        logger.info("%s/%s: deleting the orphaned %s %s", namespace, _owner_name(body), kind, name)
        await self._kube.delete(path, uid=uid)


PATHS = {PODS: paths.pod, CLAIMS: paths.claim, REVISIONS: paths.revision, JOBS: paths.job}


def _owner_name(body: Json) -> str:
    return texts(child(body, "metadata"), "labels").get(constants.LABEL_NAME, "?")
