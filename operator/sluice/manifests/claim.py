"""The volume claim. It has no owner: no garbage collection can ever remove data."""

from typing import Any

from sluice.api import constants
from sluice.api.statuses import VolumePolicy
from sluice.api.storage import StorageSpec
from sluice.manifests.identity import Identity


def claim_labels(
    identity: Identity,
    storage: StorageSpec,
    run_number: int,
    checkpoint: str | None,
    start_from: str | None,
) -> dict[str, str]:
    """What a restored cluster needs to go on without ``status``: whose it is, and the last run number."""
    # A claim that the user made is the user's, whatever onDelete says.
    on_delete = VolumePolicy.RETAIN if storage.existing_claim else storage.on_delete
    labels = {
        **identity.labels,
        constants.LABEL_RUN_NUMBER: str(run_number),
        constants.LABEL_ON_DELETE: on_delete.value,
    }
    optional = {constants.LABEL_CHECKPOINT: checkpoint, constants.LABEL_START_FROM: start_from}
    return {**labels, **{label: value for label, value in optional.items() if value}}


def build_claim(
    identity: Identity, name: str, storage: StorageSpec, labels: dict[str, str]
) -> dict[str, Any]:
    """A claim of the pipeline's own."""
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": storage.size}},
    }
    if storage.storage_class_name is not None:
        spec["storageClassName"] = storage.storage_class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": identity.namespace, "labels": labels},
        "spec": spec,
    }
