"""Inputs of a decision as nobody planned them: any status beside any world, wanted or not."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from sluice.api.edits import pending_edits
from sluice.api.requests import Request
from sluice.api.spec import PipelineSpec
from sluice.api.status import (
    CheckpointingStatus,
    CheckpointStatus,
    ErrorStatus,
    MaintenanceStatus,
    OverrideStatus,
    PipelineStatus,
    RequestStatus,
    RestartStatus,
    RuntimePodStatus,
    StopStatus,
    StorageDetailsStatus,
)
from sluice.api.statuses import (
    CheckpointTrigger,
    DesiredStatus,
    MaintenanceTask,
    RequestState,
    RequestVerb,
    StopCause,
    StorageStatus,
)
from sluice.decide import (
    AddFinalizer,
    ApplyClaim,
    CreateMaintenancePod,
    CreatePod,
    EngineCall,
    GrowClaim,
)
from sluice.observation import (
    Claim,
    Exit,
    Intent,
    LastWords,
    Node,
    Observed,
    Pod,
    Refusal,
    RefusalKind,
    RuntimeAnswer,
    RuntimeFailed,
    RuntimeUnreachable,
)

from .builders import NAME, NOW, UID, spec_of

M = TypeVar("M")


def made(model: type[M], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[M]:
    """Like ``builds``, which would make up the fields' other names too."""
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


REFUSED = (AddFinalizer, ApplyClaim, CreateMaintenancePod, CreatePod, EngineCall, GrowClaim)
RESOURCES = ("Stopped", "Provisioning", "Provisioned", "Stopping")
WORDS = (
    "Running",
    "Paused",
    "Suspended",
    "Initializing",
    "Unavailable",
    "Standby",
    "AwaitingApproval",
    "Stopped",
    "Dancing",
)
DETAILS: tuple[dict[str, Any], ...] = ({}, {"error": {"error_code": "BootstrapRejected"}})

numbers = st.integers(0, 5)
words = st.sampled_from(WORDS)
uids = st.sampled_from(["pod-1", "pod-2"])
nodes = st.none() | st.just("node-a")
uuids = st.sampled_from(["c1", "c2", "c3"])
times = st.integers(-5000, 5000).map(lambda seconds: NOW + timedelta(seconds=seconds))
checkpoint_lists = st.lists(
    made(CheckpointStatus, uuid=uuids, created_at=st.none() | times, processed_records=st.none() | numbers),
    max_size=3,
)
errors = made(
    ErrorStatus,
    message=st.text(max_size=20),
    error_code=st.just("Boom"),
    details=st.sampled_from(DETAILS),
)
tokens = st.sampled_from(["t1", "t2"])

SPECS: tuple[PipelineSpec | None, ...] = (
    None,
    spec_of(),
    spec_of(storage=None),
    spec_of(storage={"onDelete": "Delete"}, checkpoint={"beforeDelete": False}),
    spec_of(stop={"timeoutSeconds": 30, "onTimeout": "Force"}, restart={"policy": "Never"}),
    spec_of(restart={"policy": "Always", "maxRestarts": 1}, provisioningTimeoutSeconds=1),
    spec_of(stop={"onError": "KeepTrying"}, storage={"existingClaim": "old"}, startFrom="Fresh"),
    spec_of(stop={"onError": "KeepRunning"}, storage={"sync": {"url": "s3://bucket/orders"}}),
    spec_of(checkpoint={"schedule": "*/5 * * * *", "retain": {"count": 1, "maxAgeSeconds": 60}}),
)


def intents() -> st.SearchStrategy[Intent]:
    return st.builds(
        Intent,
        name=st.just(NAME),
        uid=st.just(UID),
        generation=st.integers(1, 3),
        desired_status=st.sampled_from(DesiredStatus),
        force=st.booleans(),
        is_deleting=st.booleans(),
        has_finalizer=st.booleans(),
        revision=st.just("orders-0123456789"),
        spec=st.sampled_from(SPECS),
        spec_error=st.none() | st.just("the template is missing"),
        is_paused=st.sampled_from([False, False, False, True]),
        requests=st.lists(_requests(), max_size=3, unique_by=lambda each: each.verb).map(tuple),
        override=st.none() | _overrides(),
        override_problem=st.none() | st.just(("Superseded", "the spec was changed")),
        is_roll_needed=st.booleans(),
        pending=st.just(()) | st.just((pending_edits(["storage"]),)),
    ).filter(lambda intent: intent.spec is not None or intent.spec_error is not None)


def _requests() -> st.SearchStrategy[Request]:
    return st.builds(
        Request,
        verb=st.sampled_from(RequestVerb),
        token=tokens,
        uid=st.none() | st.just(UID) | st.just("uid-of-another"),
        problem=st.none() | st.just("it has no token"),
    )


def _overrides() -> st.SearchStrategy[OverrideStatus]:
    wishes = st.sampled_from(["Running", "Paused", "Stopped"])
    return made(OverrideStatus, token=tokens, desired_status=wishes, spec_desired_status=wishes)


def _pods() -> st.SearchStrategy[Pod]:
    last_words = st.builds(
        LastWords,
        checkpoint=st.none() | uuids,
        error=st.none() | errors,
        checkpoints=st.none() | checkpoint_lists.map(tuple),
    )
    exits = st.builds(
        Exit,
        code=st.none() | st.sampled_from([0, 1, 78, 137, 143]),
        reason=st.just("Error"),
        message=st.text(max_size=10),
        is_disruption=st.booleans(),
        words=last_words,
    )
    return st.builds(
        Pod,
        uid=uids,
        is_ours=st.booleans(),
        run_number=numbers,
        deployment_id=st.sampled_from(["", "start-1", "start-2"]),
        node_name=nodes,
        is_deleting=st.booleans(),
        grace_seconds=st.none() | st.sampled_from([0, 1, 600]),
        has_ended=st.booleans(),
        is_started=st.booleans(),
        exit=st.none() | exits,
        is_maintenance=st.booleans(),
        waiting=st.none() | st.text(max_size=10),
    )


def worlds() -> st.SearchStrategy[Observed]:
    answers = st.builds(
        RuntimeAnswer,
        status=words,
        desired=words,
        details=st.none() | st.just({"reason": "so"}),
        checkpoints=st.none() | checkpoint_lists.map(tuple),
        blockers=st.just(()) | st.just(("TransactionInProgress",)),
        checkpoint_error=st.none() | st.just("no space left"),
        processed_records=st.none() | numbers,
    )
    unreachable = st.builds(RuntimeUnreachable, message=st.text(max_size=10))
    return st.builds(
        Observed,
        pod=st.none() | _pods(),
        last_seen=st.none() | _pods(),
        node=st.none() | st.builds(Node, st.booleans(), st.booleans(), st.booleans(), st.none() | times),
        claim=st.none()
        | st.builds(
            Claim,
            st.booleans(),
            numbers,
            start_from=st.none() | st.sampled_from(["Latest", "Fresh"]),
            is_too_small=st.booleans(),
            is_too_large=st.booleans(),
        ),
        runtime=st.none() | answers | unreachable | st.builds(RuntimeFailed, error=errors),
        refusal=st.none()
        | st.builds(
            Refusal,
            st.sampled_from(RefusalKind),
            st.just("Forbidden"),
            st.text(max_size=10),
            st.sampled_from([action.__name__ for action in REFUSED]),
        ),
        ticket=st.none() | st.just("process/1"),
        template_problem=st.none() | st.just("a webhook refuses it"),
        can_maintain=st.booleans(),
        new_id=st.just("start-3"),
    )


def statuses() -> st.SearchStrategy[PipelineStatus]:
    stops = made(
        StopStatus,
        mode=st.sampled_from(["Graceful", "Force"]),
        cause=st.none() | st.sampled_from(StopCause),
        requested_at=times,
        known_checkpoints=st.lists(uuids, max_size=2),
        attempt=numbers,
        last_error=st.none() | st.text(max_size=10),
        next_attempt_at=st.none() | times,
        deadline_at=st.none() | times,
        checkpoint=st.none() | uuids,
        finished_at=st.none() | times,
        unverified_error=st.none() | errors,
        given_up_for=st.none() | st.sampled_from(["1", "2", "2:t1"]),
    )
    restarts = made(
        RestartStatus,
        count=numbers,
        last_error=st.none() | errors,
        next_attempt_at=st.none() | times,
        serving_since=st.none() | times,
    )
    pods = made(
        RuntimePodStatus,
        name=st.just("orders-runtime-0"),
        uid=st.none() | uids,
        node_name=nodes,
        missing_since=st.none() | times,
    )
    return made(
        PipelineStatus,
        deployment_status=st.none() | words,
        deployment_status_since=st.none() | times,
        deployment_resources_status=st.none() | st.sampled_from(RESOURCES),
        deployment_resources_status_since=st.none() | times,
        deployment_resources_desired_status=st.none() | st.sampled_from(["Provisioned", "Stopped"]),
        deployment_runtime_status=st.none() | words,
        deployment_id=st.none() | st.sampled_from(["start-1", "start-2"]),
        deployment_initial=st.none() | st.sampled_from(["Running", "Paused", "Standby"]),
        deployment_error=st.none() | errors,
        deployment_start_from=st.none() | st.sampled_from(["Latest", "Fresh"]),
        last_start_from=st.none() | st.sampled_from(["Latest", "Fresh"]),
        storage_status=st.none() | st.sampled_from(StorageStatus),
        storage_claim=st.none() | st.just("orders-runtime-0"),
        last_checkpoint_time=st.none() | times,
        last_schedule_time=st.none() | times,
        checkpointing=st.none() | _checkpointing(),
        requests=st.lists(_outcomes(), max_size=4, unique_by=lambda each: (each.verb, each.token)),
        override=st.none() | _overrides(),
        maintenance=st.none() | _maintenance(),
        storage_status_details=st.none() | made(StorageDetailsStatus, checkpoints=checkpoint_lists),
        run_number=numbers,
        revision=st.none() | st.just("orders-0123456789"),
        runtime=st.none() | pods,
        stop=st.none() | stops,
        restart=st.none() | restarts,
        held_generation=st.none() | st.integers(1, 3),
    )


def _checkpointing() -> st.SearchStrategy[CheckpointingStatus]:
    return made(
        CheckpointingStatus,
        trigger=st.sampled_from(CheckpointTrigger),
        token=st.none() | tokens,
        requested_at=times,
        known_checkpoints=st.lists(uuids, max_size=2),
        attempt=numbers,
        next_attempt_at=st.none() | times,
    )


def _outcomes() -> st.SearchStrategy[RequestStatus]:
    return made(
        RequestStatus,
        verb=st.sampled_from(RequestVerb),
        token=tokens,
        state=st.sampled_from(RequestState),
        requested_at=times,
    )


def _maintenance() -> st.SearchStrategy[MaintenanceStatus]:
    return made(
        MaintenanceStatus,
        task=st.sampled_from(MaintenanceTask),
        attempt=numbers,
        started_at=st.none() | times,
        next_attempt_at=st.none() | times,
    )


def moments() -> st.SearchStrategy[datetime]:
    return times
