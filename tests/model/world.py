"""The state that is explored: small, immutable and hashable.

Numbers (runs, uids, starts, checkpoints, tokens) mean only their order: see ``numbering``.
"""

from typing import NamedTuple

NEW, BOUND, UP, ENDED, FOREIGN = "new", "bound", "up", "ended", "foreign"
"""Phases of a pod: not bound, bound, its container runs, its container has ended; or somebody else's pod."""
NO, LONG, SHORT = 0, 1, 2
"""Whether a pod is being deleted, and with which grace."""
OK, SILENT, DOWN, REMOVED, OUT_OF_SERVICE = "ok", "silent", "down", "removed", "out of service"
"""The node. Silent: it is lost, and the API still says Ready."""
RUNNING, PAUSED, SUSPENDED, INITIALIZING, FAILED = "Running", "Paused", "Suspended", "Initializing", "Failed"
STANDBY, AWAITING = "Standby", "AwaitingApproval"
"""What a process is, or is to be."""
GOOD, OTHER, ODD = "", "of another object", "that nobody understands"
"""Flavours of a request."""


class Ask(NamedTuple):
    """An annotation that asks for something once."""

    verb: str
    token: int
    flavour: str = GOOD
    is_there: bool = True
    """Otherwise it was removed, and the old text may be put back."""
    desired: str = ""
    force: bool = False
    recorded: str = ""
    """``spec.desiredStatus`` as the writer of an override saw it; empty: it does not say."""


class User(NamedTuple):
    """What stands in ``spec`` and the annotations, and whether the object is being deleted.

    What is varied of the rest of the spec are numbers; ``variants`` knows what they stand for.
    """

    desired: str
    force: bool = False
    is_deleting: bool = False
    is_valid: bool = True
    has_storage: bool = True
    template: int = 0
    bootstrap: int = 0
    storage_class: int = 0
    size: int = 0
    start: int = 0
    is_paused: bool = False
    asks: tuple[Ask, ...] = ()


class Exit(NamedTuple):
    """How a container ended. ``checkpoint`` is the one in its last words."""

    kind: str
    checkpoint: int = 0
    surplus: str = ""
    """Whether a maintenance pod found older checkpoints than are to be kept."""


class Pod(NamedTuple):
    """A pod, as the API has it or as the operator's store remembers it."""

    uid: int
    run: int
    start: int
    initial: str
    has_storage: bool
    phase: str = NEW
    deleting: int = NO
    exit: Exit | None = None
    task: str = ""
    """What it does as a maintenance pod; empty: it is the runtime's."""


class Process(NamedTuple):
    """The process in the pod's container, while it lives."""

    status: str
    desired: str
    is_mute: bool = False
    is_approved: bool = False
    checkpoint: str = ""
    """What became of the checkpoint that it was asked for: asked or failed."""


class Orphan(NamedTuple):
    """A container that still runs although its pod is gone from the API."""

    uid: int
    run: int
    is_named: bool
    """Status has named its pod and node: absence needs proof. Otherwise the storage's fence has to do."""
    has_storage: bool


class RuntimePart(NamedTuple):
    """``status.runtime``."""

    uid: int = 0
    is_bound: bool = False
    missing: str = ""


class StopPart(NamedTuple):
    """``status.stop`` while it is under way."""

    mode: str
    known: int = 0
    made: int = 0
    reason: str = ""
    next_attempt: str = ""
    deadline: str = ""
    is_late: bool = False
    cause: str = ""
    is_doubtful: bool = False
    """``unverifiedError`` is set."""


class RestartPart(NamedTuple):
    """``status.restart``."""

    times: int = 0
    has_error: bool = False
    next_attempt: str = ""
    serving: str = ""


class CheckpointingPart(NamedTuple):
    """``status.checkpointing``. Without a token it is by schedule."""

    token: int = 0
    known: int = 0
    next_attempt: str = ""


class MaintenancePart(NamedTuple):
    """``status.maintenance``. ``attempt`` is a word: see ``parts``."""

    task: str
    attempt: str = ""
    next_attempt: str = ""
    is_late: bool = False


class OverridePart(NamedTuple):
    """``status.override``."""

    token: int
    desired: str
    force: bool
    spec_desired: str
    spec_force: bool


class RequestPart(NamedTuple):
    """An entry of ``status.requests``."""

    verb: str
    token: int
    is_open: bool


class Status(NamedTuple):
    """``Pipeline.status``, as far as a decision may depend on it. Moments are words: see ``abstraction``."""

    resources: str = ""
    shown: str = ""
    """``deploymentRuntimeStatus``, only while provisioned."""
    start: int = 0
    initial: str = ""
    has_error: bool = False
    held: str = ""
    run: int = 0
    runtime: RuntimePart | None = None
    stop: StopPart | None = None
    restart: RestartPart | None = None
    is_overdue: bool = False
    """The provisioning timeout has passed; or it was Stopped for longer than it keeps the finalizer."""
    newest: int = 0
    storage: str = ""
    revision: int = 0
    """0: none; otherwise the number of a variant."""
    surplus: str = ""
    """Older checkpoints than are to be kept are listed, or will be too old one day."""
    is_listed: bool = False
    """While it is being cleared, and after: there is a list, and nothing in it."""
    is_claimed: bool = False
    """``storageClaim`` is set."""
    size: int = 0
    """``storageSize``: 0 unset, otherwise one more than the spec's number."""
    start_from: str = ""
    taken: str = ""
    """``lastStartFrom``."""
    bootstrap: str = ""
    due: str = ""
    """Whether the time of a schedule has come, where there is one."""
    is_given_up: bool = False
    """The stop of the present wish was given up."""
    given_up_token: int = 0
    checkpointing: CheckpointingPart | None = None
    maintenance: MaintenancePart | None = None
    override: OverridePart | None = None
    requests: tuple[RequestPart, ...] = ()


class Refusal(NamedTuple):
    """Why the last action did not go through."""

    kind: str
    action: str


class Do(NamedTuple):
    """An action that waits to be carried out."""

    kind: str
    uid: int = 0
    grace: int | None = None
    run: int = 0
    start: int = 0
    detail: str = ""
    has_storage: bool = False
    start_from: str = ""
    is_bad: bool = False
    """The API server will not take the template."""


class World(NamedTuple):
    """Everything at one moment."""

    user: User
    exists: bool = True
    has_finalizer: bool = False
    status: Status = Status()
    # The cluster, as it is.
    pod: Pod | None = None
    is_named: bool = False
    """Status has named the pod that is there, with its node, at some time."""
    process: Process | None = None
    node: str = OK
    orphan: Orphan | None = None
    newest: int = 0
    """The newest durable checkpoint."""
    suspended: int = 0
    """The start whose process was suspended last, as the storage remembers it."""
    claim: int = 0
    """The run number on the claim; 0: there is no claim."""
    claim_start: str = ""
    """The ``startFrom`` that the claim remembers."""
    claim_size: int = 0
    is_claim_leaving: bool = False
    surplus: str = ""
    """The volume holds older checkpoints than are to be kept, or that will be too old one day."""
    gone: Pod | None = None
    """The last version of a pod whose removal the watch has not delivered yet."""
    # The operator's memory.
    store: Pod | None = None
    tombstone: Pod | None = None
    refusal: Refusal | None = None
    ticket: int = 0
    """The pod whose process gave a ticket for the checkpoint that it was asked for."""
    todo: tuple[Do, ...] = ()
    # Ghosts: known to the rules alone.
    asked_at: int = 0
    """The newest durable checkpoint at the moment when the stop under way began."""
    fresh: int = 0
    """The start that may begin elsewhere, because ``startFrom`` was written for it."""
    is_fresh_used: bool = False
    """Its pod was made: what was written has had its effect."""
