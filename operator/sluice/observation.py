"""What is seen of the world, as plain values: the language between observing, deciding and storing.

Nothing here knows Kubernetes' wire format or HTTP. ``observe_*`` functions and the store's projections
produce these values, ``decide`` consumes them, and a model checker can make them up.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sluice.api.edits import PendingChange
from sluice.api.json_values import Json
from sluice.api.kinds import PIPELINE, Kind
from sluice.api.overriding import STOPS, name_wish
from sluice.api.reasons import StopReason
from sluice.api.requests import Request
from sluice.api.spec import PipelineSpec
from sluice.api.status import CheckpointStatus, ErrorStatus, OverrideStatus, ReportStatus
from sluice.api.statuses import DesiredStatus
from sluice.batch_observation import BatchObserved


@dataclass(frozen=True, slots=True)
class Intent:
    """What people want of one custom resource, an override in force included.

    ``desired_status`` and ``force`` are read first and alone, so that one whose other fields cannot
    be understood can still be stopped. ``spec`` is then the last good one and ``spec_error`` says why.
    ``spec`` is ``None`` only when there never was a good one.
    """

    name: str
    uid: str
    generation: int
    desired_status: DesiredStatus
    force: bool
    is_deleting: bool
    has_finalizer: bool
    revision: str
    """Name of the revision of ``spec``: the same spec has the same name."""
    spec: PipelineSpec | None
    spec_error: str | None = None
    raw_spec: Json = field(default_factory=dict[str, Any], repr=False)
    """What ``spec`` was read from: the spec in force as people wrote it."""
    kind: Kind = PIPELINE
    is_paused: bool = False
    """An annotation keeps the operator from doing anything."""
    requests: tuple[Request, ...] = ()
    override: OverrideStatus | None = None
    """The override that ``desired_status`` and ``force`` come from."""
    override_problem: tuple[str, str] | None = None
    """Reason and sentence why an override that was asked for is not in force."""
    is_roll_needed: bool = False
    """The process under way was started with a spec that only a stop and a start can replace."""
    pending: tuple[PendingChange, ...] = ()
    """What of the spec is held back."""
    next_spec: PipelineSpec | None = None
    """Of a batch pipeline, what the next run is made from; ``None``: ``spec``."""
    next_revision: str | None = None
    """Name of the revision of ``next_spec``; ``None``: ``revision``."""

    @property
    def is_batch(self) -> bool:
        """Whether it is a graph of elements, and no process that goes on."""
        return self.spec is not None and self.spec.elements is not None

    @property
    def is_stop_declared(self) -> bool:
        """Whether it is wanted Stopped or Canceled, by the spec or by an override."""
        return self.desired_status in STOPS

    @property
    def pod_name(self) -> str:
        """Name of its pod."""
        return self.kind.pod_name(self.name)

    @property
    def lasting_id(self) -> str | None:
        """The ``deploymentId`` that outlives every start; ``None`` where each start has its own."""
        return self.uid if self.kind.has_lasting_id else None

    @property
    def wish(self) -> str:
        """Names what is wanted: another wish is tried anew where this one was given up."""
        return name_wish(self.generation, self.override)


@dataclass(frozen=True, slots=True)
class LastWords:
    """What a process left in its termination message before it ended."""

    checkpoint: str | None = None
    error: ErrorStatus | None = None
    checkpoints: tuple[CheckpointStatus, ...] | None = None
    """What a maintenance pod found on the volume, the newest last."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How the runtime's container ended. ``reason`` is Kubernetes' own (OOMKilled, Evicted, Error)."""

    code: int | None
    reason: str
    message: str = ""
    is_disruption: bool = False
    """Somebody or something took the pod away (drain, eviction, deletion): no failure of the process."""
    words: LastWords = LastWords()


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod under the runtime's name."""

    uid: str
    is_ours: bool
    run_number: int
    deployment_id: str
    node_name: str | None
    """``None`` while it is not bound to a node: then nothing of it ever ran."""
    is_deleting: bool
    grace_seconds: int | None
    """Grace of the deletion under way, in seconds."""
    has_ended: bool
    """Every container has terminated, or none can ever have started."""
    is_started: bool
    """The runtime's container runs and the pod has an address, so that it can be asked."""
    exit: Exit | None = None
    is_maintenance: bool = False
    """It works on the volume of a stopped pipeline, under the runtime's name."""
    own_grace_seconds: int = 0
    """Grace that its spec gives it to end, in seconds."""
    run_id: str | None = None
    """Of the start, where the deployment id is that of the object."""
    waiting: str | None = None
    """Kubernetes' own reason why it does not run yet (Unschedulable, ImagePullBackOff), with its message."""


@dataclass(frozen=True, slots=True)
class Node:
    """The node of a pod that is gone without proof. ``exists`` is false when it was removed."""

    exists: bool
    is_ready: bool = False
    is_out_of_service: bool = False
    ready_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A volume claim under the name that the pipeline uses."""

    is_ours: bool
    run_number: int
    """Highest run number that was ever given to a runtime on it, as far as its labels tell."""
    start_from: str | None = None
    """The ``startFrom`` that was taken into account already, as far as its labels tell."""
    is_too_small: bool = False
    """It was asked to have less than the spec declares."""
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class RuntimeAnswer:
    """The runtime answered: it is alive and says where it is."""

    status: str
    desired: str
    details: dict[str, Any] | None = None
    checkpoints: tuple[CheckpointStatus, ...] | None = None
    """Durable checkpoints, the newest last; ``None`` when the answer did not say."""
    blockers: tuple[str, ...] = ()
    """What a checkpoint that was asked for waits for."""
    checkpoint_error: str | None = None
    """Why the checkpoint that was asked for by its ticket failed."""
    report: ReportStatus | None = None
    """What the last attempt at a checkpoint left behind, where something beside the process makes it."""
    processed_records: int | None = None
    """How many records it has processed; only where that was asked for."""


@dataclass(frozen=True, slots=True)
class RuntimeUnreachable:
    """No usable answer; the runtime may be fine. Never a reason to stop it."""

    message: str


@dataclass(frozen=True, slots=True)
class RuntimeFailed:
    """The runtime answered that it cannot go on."""

    error: ErrorStatus


RuntimeObservation = RuntimeAnswer | RuntimeUnreachable | RuntimeFailed


@dataclass(frozen=True, slots=True)
class Ability:
    """What can be expected of a kind of process, whatever state it is in."""

    no_checkpoint: StopReason | None = None
    """Why it can make no checkpoint at all, if it cannot."""
    needs_volume: bool = True
    """Its checkpoints go to the pipeline's volume."""
    keeps_contract: bool = True
    """Its exit code says how it ended, and after the checkpoint of a stop it has nothing more to save."""


class EngineVerb(StrEnum):
    """What an engine can be asked to do with a runtime. Each call is idempotent and does not wait."""

    RESUME = "resume"
    PAUSE = "pause"
    ACTIVATE = "activate"
    """With ``running`` or ``paused`` as its argument."""
    APPROVE = "approve"
    CHECKPOINT = "checkpoint"
    SUSPEND = "suspend"


class RefusalKind(StrEnum):
    """What a refused action means for the next step."""

    TEMPORARY = "Temporary"
    """May go through later as it is (quota, a webhook, an API server in trouble)."""
    PERMANENT = "Permanent"
    """Will not go through before the spec changes (an invalid pod template)."""
    FOREIGN = "Foreign"
    """Somebody else's object stands under the name."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the last action did not go through. It is forgotten once an action does."""

    kind: RefusalKind
    reason: str
    message: str
    action: str = ""
    """Name of the action's type."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that one decision may look at beside the intent, the status and the time."""

    pod: Pod | None = None
    last_seen: Pod | None = None
    """The pod as it was when its deletion was seen; only while ``pod`` is ``None``."""
    node: Node | None = None
    claim: Claim | None = None
    runtime: RuntimeObservation | None = None
    """``None`` when there was nobody to ask."""
    refusal: Refusal | None = None
    ticket: str | None = None
    """What the process under way gave for the checkpoint that it was asked for; ``None`` when it has to be
    asked (again): the operator keeps tickets in memory only."""
    template_problem: str | None = None
    """Why a pod of the spec in force could not be made, found by a dry run before anything is stopped."""
    can_maintain: bool = False
    """Whether there are maintenance pods for the volume: an image, and a module that knows what is on it."""
    ability: Ability = Ability()
    batch: BatchObserved | None = None
    """Of a batch pipeline: its elements."""
    new_id: str = ""
    """A UUID nobody has used, for the case that this decision begins a start."""
