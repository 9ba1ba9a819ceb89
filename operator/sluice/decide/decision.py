"""What a decision consists of."""

from dataclasses import dataclass

from sluice.api.events import Happening
from sluice.api.reasons import Reason
from sluice.api.status import PipelineStatus
from sluice.api.statuses import LATEST, BootstrapPolicy, MaintenanceTask
from sluice.observation import EngineVerb


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """From now on a pod may exist that a deletion has to stop first."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Nothing is left that a deletion would have to undo."""


@dataclass(frozen=True, slots=True)
class ApplyClaim:
    """Make the volume claim, or mark the one that is there with the run that begins."""

    run_number: int
    checkpoint: str | None
    start_from: str | None = None


@dataclass(frozen=True, slots=True)
class GrowClaim:
    """Ask for as much room as the spec declares."""

    size: str


@dataclass(frozen=True, slots=True)
class DeleteClaim:
    """Remove the pipeline's own claim and with it the data, as declared or asked for."""


@dataclass(frozen=True, slots=True)
class CreatePod:
    """Make the runtime's pod. The API server refuses a second one under the same name."""

    run_number: int
    deployment_id: str
    initial: str
    start_from: str = LATEST
    bootstrap_policy: str = BootstrapPolicy.AWAIT_APPROVAL
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class CreateMaintenancePod:
    """Make a pod that works on the volume, under the runtime's name."""

    task: MaintenanceTask
    run_number: int


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete the pod with this uid and no other. ``grace_seconds`` ``None`` means the pod's own grace."""

    uid: str
    grace_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteRevisions:
    """Remove the stored specs of this pipeline: no pod of it is left that they own."""


@dataclass(frozen=True, slots=True)
class EngineCall:
    """Ask the runtime for a transition."""

    verb: EngineVerb
    argument: str = ""


@dataclass(frozen=True, slots=True)
class CreateJobs:
    """Make the Jobs of these elements. The API server refuses a second one under the same name."""

    elements: tuple[str, ...]
    run_number: int
    run_id: str


@dataclass(frozen=True, slots=True)
class DeleteJobs:
    """Delete these Jobs, by name and uid, so that they make no other pod; theirs go after them."""

    jobs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DeleteElementPods:
    """Delete these pods, by name and uid. ``grace_seconds`` ``None`` means each pod's own grace."""

    pods: tuple[tuple[str, str], ...]
    grace_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteRunJobs:
    """Delete all Jobs of this pipeline, except those of one run."""

    except_run: int | None = None


@dataclass(frozen=True, slots=True)
class RunElementHook:
    """Begin the hook of an element in this pod, unless it was begun."""

    element: str
    pod: str
    uid: str


@dataclass(frozen=True, slots=True)
class SaveTails:
    """Keep the ends of logs, by element."""

    tails: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PruneTails:
    """Forget the kept ends of logs of all elements but these: another run begins."""

    elements: tuple[str, ...]


BatchAction = (
    CreateJobs | DeleteJobs | DeleteElementPods | DeleteRunJobs | RunElementHook | SaveTails | PruneTails
)
"""What is done for elements."""
Action = (
    AddFinalizer
    | RemoveFinalizer
    | ApplyClaim
    | GrowClaim
    | DeleteClaim
    | CreatePod
    | CreateMaintenancePod
    | DeletePod
    | DeleteRevisions
    | EngineCall
    | BatchAction
)


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes event to post once the status that it tells of is written."""

    reason: Reason
    message: str
    is_warning: bool = False


def tell(happening: Happening, reason: Reason | None = None, **values: object) -> Event:
    """The event of this kind. ``reason`` is needed where the happening has none of its own."""
    told = happening.reason or reason
    if told is None:
        raise ValueError("this event takes its reason from the condition Ready: give it")
    return Event(told, happening.message.format(**values), happening.is_warning)


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one look: write ``status``, then carry out ``actions`` in order."""

    status: PipelineStatus
    actions: tuple[Action, ...]
    events: tuple[Event, ...]
    requeue_after: float | None
    """Seconds after which to look again even if nothing is heard; ``None`` when only news can matter."""
