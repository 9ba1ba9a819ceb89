"""Whether a pod that is not in the API is really gone.

Kubernetes removes a pod from the API only after its containers ended, except when somebody deletes it by
force or its node is removed. A second runtime on the same volume would then be a catastrophe, so absence
needs proof: the pod was seen to have ended, it never ran anywhere, its node is gone or declared out of
service, or its node reported long enough afterwards.
"""

from sluice.api.reasons import Reason
from sluice.api.status import RuntimePodStatus
from sluice.api.statuses import ResourcesStatus, RuntimeStatus
from sluice.decide.draft import Draft
from sluice.decide.grace import grace_of_stop
from sluice.decide.run_pod import pod_status
from sluice.decide.timing import NODE_PROOF_SECONDS, VANISHED_POLL_SECONDS, seconds_since


def is_proven_gone(draft: Draft) -> bool:
    """Whether the pod of the current run is gone for sure. Call it only while there is no pod.

    Records since when proof is missing, so that the wait survives a restart of the operator.
    """
    last_seen = draft.observed.last_seen
    if last_seen is not None and (last_seen.has_ended or last_seen.node_name is None):
        return True
    runtime = draft.status.runtime
    if last_seen is not None and runtime is not None and runtime.uid is None:
        runtime = pod_status(draft, last_seen)
    if runtime is None or runtime.uid is None or runtime.node_name is None:
        return True
    return _is_proven_by_node(draft, runtime)


def _is_proven_by_node(draft: Draft, runtime: RuntimePodStatus) -> bool:
    missing_since = runtime.missing_since or draft.now
    draft.set(runtime=runtime.model_copy(update={"missing_since": missing_since}))
    node = draft.observed.node
    if node is not None and (not node.exists or node.is_out_of_service):
        return True
    # A pod that was forced out of the API is still given its own grace by its kubelet, and a kubelet that
    # was away begins with that only when it is back.
    needed = NODE_PROOF_SECONDS + _grace_under_way(draft, runtime.grace_seconds or 0)
    since = max(missing_since, (node.ready_since if node is not None else None) or missing_since)
    long_enough = seconds_since(since, draft.now) >= needed
    return node is not None and node.is_ready and long_enough


def _grace_under_way(draft: Draft, own_seconds: int) -> int:
    """A pod that was deleted by us was given what the stop gave it, and is removed when that is over."""
    if draft.resources is not ResourcesStatus.STOPPING:
        return own_seconds
    asked = grace_of_stop(draft, own_seconds)
    return own_seconds if asked is None else asked


def wait_for_proof(draft: Draft) -> None:
    """Show that the pod is lost, and look at its node again soon."""
    runtime = draft.status.runtime
    node_name = (runtime.node_name if runtime else None) or "(unknown)"
    draft.set(
        deployment_runtime_status=RuntimeStatus.UNAVAILABLE,
        deployment_runtime_status_details={"reason": Reason.NODE_LOST, "node": node_name},
    )
    draft.say(Reason.NODE_LOST, node=node_name)
    draft.look_again_in(VANISHED_POLL_SECONDS)
