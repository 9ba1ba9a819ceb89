"""What status remembers of the pod of a run, so that its end can be proved later, by whichever operator."""

from sluice.api.status import RuntimePodStatus
from sluice.decide.draft import Draft
from sluice.observation import Pod


def pod_status(draft: Draft, pod: Pod) -> RuntimePodStatus:
    """The pod as it is seen now."""
    return RuntimePodStatus(
        name=draft.intent.pod_name,
        uid=pod.uid,
        node_name=pod.node_name,
        grace_seconds=pod.own_grace_seconds,
    )


def remember_pod(draft: Draft, pod: Pod) -> None:
    """From now on its end needs proof. A pod that was missing and is there again is missing no more."""
    draft.set(runtime=pod_status(draft, pod))
    if draft.has_storage and draft.spec.storage is not None:
        name = draft.intent.kind.claim_name(draft.intent.name, draft.spec.storage.existing_claim)
        draft.set(storage_claim=name, storage_cleared_time=None)


def forget_pod(draft: Draft) -> None:
    """There is no pod of this run yet, or the one there was is gone for sure."""
    draft.set(runtime=RuntimePodStatus(name=draft.intent.pod_name))
