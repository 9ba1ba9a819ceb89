"""What the operator sees of a world, as ``reconcile.observe`` would find it."""

from typing import NamedTuple

from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus, ResourcesStatus
from sluice.observation import Intent

from . import world as w
from .variants import BAD, SIZES
from .world import Refusal, Status, World

UNSAID = -1
"""A process without storage lists no checkpoints, which is not the same as an empty list."""
ANSWERED, UNREACHABLE, FAILED = "answered", "unreachable", "failed"


class Heard(NamedTuple):
    """What came of asking the process."""

    kind: str
    status: str = ""
    desired: str = ""
    newest: int = 0
    surplus: str = ""
    is_checkpoint_failed: bool = False


class Seen(NamedTuple):
    """The abstract form of ``Observed``."""

    pod: w.Pod | None = None
    last_seen: w.Pod | None = None
    node: str = ""
    claim: int = 0
    claim_start: str = ""
    claim_excess: int = 0
    """How much larger the claim was asked to be than is declared."""
    heard: Heard | None = None
    refusal: Refusal | None = None
    has_ticket: bool = False
    is_template_bad: bool = False


def is_ours(pod: w.Pod | None) -> bool:
    """Whether there is a pod, and it belongs to the pipeline."""
    return pod is not None and pod.phase != w.FOREIGN


def is_runtime(pod: w.Pod | None) -> bool:
    """Whether there is a pod of the pipeline's in which its process is to run."""
    return pod is not None and is_ours(pod) and not pod.task


def believed_pod(world: World) -> w.Pod | None:
    """The pod as the operator believes it to be: from its store, or asked for where that is doubtful."""
    is_expected = world.status.runtime is not None
    if world.store is None and is_expected and world.tombstone is None:
        return world.pod
    return world.store


def look_at(world: World, intent: Intent, real: PipelineStatus) -> Seen:
    """Everything that one decision may look at beside the intent and the status."""
    pod = believed_pod(world)
    last_seen = world.tombstone if not is_ours(pod) else None
    storage = intent.spec.storage if intent.spec else None
    has_ticket = pod is not None and world.ticket == pod.uid != 0
    is_claim_seen = world.claim > 0 and is_claim_of_interest(intent, real, has_pod=pod is not None)
    return Seen(
        pod=pod,
        last_seen=last_seen,
        node=_seen_node(world, pod, last_seen),
        claim=world.claim if is_claim_seen else 0,
        claim_start=world.claim_start if is_claim_seen else "",
        claim_excess=world.claim_size - SIZES.index(storage.size) if is_claim_seen and storage else 0,
        heard=_ask(world, pod, intent, has_ticket=has_ticket),
        refusal=world.refusal,
        has_ticket=has_ticket,
        is_template_bad=_is_trial_refused(world, intent),
    )


def _seen_node(world: World, pod: w.Pod | None, last_seen: w.Pod | None) -> str:
    runtime = world.status.runtime
    is_known = (last_seen is not None and last_seen.phase != w.NEW) or (
        runtime is not None and runtime.is_bound
    )
    is_over = last_seen is not None and last_seen.phase == w.ENDED
    return "" if is_ours(pod) or not is_known or is_over else world.node


def is_claim_of_interest(intent: Intent, status: PipelineStatus, *, has_pod: bool) -> bool:
    """Looked at wherever a pod may be about to be made, or the claim may be changed."""
    storage = intent.spec.storage if intent.spec else None
    resources = status.deployment_resources_status
    if storage is None:
        return False
    if resources == ResourcesStatus.PROVISIONED:
        return storage.size != status.storage_size and storage.existing_claim is None
    if has_pod:
        return False
    if resources == ResourcesStatus.PROVISIONING:
        return True
    is_worked_on = status.maintenance is not None
    if resources == ResourcesStatus.STOPPING:
        return is_worked_on
    is_start_wanted = intent.desired_status != DesiredStatus.STOPPED and not intent.is_deleting
    return is_start_wanted or is_worked_on or status.storage_status == "Clearing"


def _is_trial_refused(world: World, intent: Intent) -> bool:
    is_tried = intent.is_roll_needed and not intent.is_deleting and world.status.stop is None
    return is_tried and world.user.template == BAD


def _ask(world: World, pod: w.Pod | None, intent: Intent, *, has_ticket: bool) -> Heard | None:
    status: Status = world.status
    if pod is None or pod.task or pod.phase != w.UP or intent.spec is None:
        return None
    if status.resources == ResourcesStatus.STOPPING or pod.run < status.run:
        return None
    process = world.process
    is_there = world.pod is not None and world.pod.uid == pod.uid
    if process is None or process.is_mute or not is_there or world.node in (w.SILENT, w.DOWN):
        return Heard(UNREACHABLE)
    if process.status == "Failed":
        return Heard(FAILED)
    return Heard(
        ANSWERED,
        process.status,
        process.desired,
        world.newest if pod.has_storage else UNSAID,
        world.surplus if pod.has_storage else "",
        has_ticket and status.checkpointing is not None and process.checkpoint == "failed",
    )
