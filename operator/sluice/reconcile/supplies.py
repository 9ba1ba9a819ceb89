"""What runs are given beside their pods: the volume claim, and the revision that owns the pods."""

from typing import Final

from sluice.api import constants
from sluice.api.json_values import Json, child, texts
from sluice.api.storage import StorageSpec
from sluice.decide import ApplyClaim, GrowClaim
from sluice.kube import ApiError, Kube, paths
from sluice.manifests import Identity, build_claim, build_revision, claim_labels
from sluice.observation import Intent, Refusal, RefusalKind
from sluice.reconcile.objects import has_compute, read_owner_uid
from sluice.store import Store, owner_key

FIRST_RUN: Final = 1
"""Nothing was made for it before, unless the operator was interrupted."""


class RefusedError(Exception):
    """An action did not go through and the decision has to know why."""

    def __init__(self, kind: RefusalKind, reason: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(kind, reason, message)


class Supplies:
    """Makes them, once, and leaves what belongs to others alone. Raises :class:`RefusedError`."""

    def __init__(self, kube: Kube, store: Store) -> None:
        self._kube = kube
        self._store = store

    async def apply_claim(self, identity: Identity, storage: StorageSpec, action: ApplyClaim) -> None:
        """Make the claim, or mark the one that is there."""
        labels = claim_labels(identity, storage, action.run_number, action.checkpoint, action.start_from)
        name = identity.claim_name(storage.existing_claim)
        if storage.existing_claim is None:
            claim = build_claim(identity, name, storage, labels)
            place = paths.claim(identity.namespace)
            found = await self._get_or_create(place, claim, is_new=action.run_number == FIRST_RUN)
        else:
            found = await self._must_find_claim(identity, name)
        known = texts(found["metadata"], "labels")
        self._check_claim_owner(identity, name, storage, known)
        if any(known.get(key) != value for key, value in labels.items()):
            version = found["metadata"]["resourceVersion"]
            patch = {"metadata": {"resourceVersion": version, "labels": labels}}
            await self._kube.merge(paths.claim(identity.namespace, name), patch)

    async def _must_find_claim(self, identity: Identity, name: str) -> Json:
        found = await self._kube.get(paths.claim(identity.namespace, name))
        if found is None:
            message = f"claim {name} does not exist: create it or remove storage.existingClaim"
            raise RefusedError(RefusalKind.TEMPORARY, "ClaimNotFound", message)
        return found

    def _check_claim_owner(
        self, identity: Identity, name: str, storage: StorageSpec, labels: dict[str, str]
    ) -> None:
        """A claim is used only if it is ours, or if the spec names it and nobody runs on it."""
        owner = labels.get(constants.LABEL_UID)
        if owner == identity.uid:
            return
        other = owner_key(identity.namespace, labels)
        user = self._store.get(other)
        if user is not None and user["metadata"]["uid"] == owner and has_compute(user):
            message = f"claim {name} is in use by {other.kind.lower()} {other.name}: stop that one first"
            raise RefusedError(RefusalKind.FOREIGN, "ClaimInUse", message)
        if storage.existing_claim is not None:
            return
        whose = "a deleted owner" if owner else "somebody else"
        message = (
            f"claim {name} belongs to {whose}: name it in storage.existingClaim to take it, or delete it"
        )
        raise RefusedError(RefusalKind.FOREIGN, "ClaimNotOurs", message)

    async def grow_claim(self, identity: Identity, action: GrowClaim) -> None:
        """Ask for more room."""
        patch = {"spec": {"resources": {"requests": {"storage": action.size}}}}
        await self._kube.merge(paths.claim(identity.namespace, identity.pod_name), patch)

    async def apply_revision(self, identity: Identity, intent: Intent, body: Json, run_number: int) -> Json:
        """The revision of the spec in force, which owns the pod; made where it is not there yet."""
        name: str = child(body, "status").get("revision") or intent.revision
        revision = build_revision(identity, name, intent.raw_spec, run_number)
        place = paths.revision(identity.namespace)
        found = await self._get_or_create(place, revision, is_new=run_number == FIRST_RUN)
        if read_owner_uid(found) != identity.uid:
            message = f"ControllerRevision {name} belongs to somebody else: delete it"
            raise RefusedError(RefusalKind.FOREIGN, "RevisionNotOurs", message)
        metadata: Json = found["metadata"]
        return metadata

    async def _get_or_create(self, place: str, manifest: Json, *, is_new: bool) -> Json:
        """What has the manifest's name, made where nothing has. One request where the guess is right."""
        if is_new:
            try:
                return await self._kube.create(place, manifest)
            except ApiError as error:
                if not error.is_name_taken:
                    raise
        found = await self._kube.get(f"{place}/{manifest['metadata']['name']}")
        return await self._kube.create(place, manifest) if found is None else found
