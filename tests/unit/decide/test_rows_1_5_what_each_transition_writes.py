"""What each transition writes and clears: section 1.5 of the published API's lifecycle, row by row."""

import dataclasses
from typing import Any

import pytest

from sluice.api.status import (
    CheckpointStatus,
    ErrorStatus,
    PipelineStatus,
    RestartStatus,
    StorageDetailsStatus,
)
from sluice.observation import Intent, Observed, RuntimeFailed

from .asking import CLEAR, DISMISS, asked, asking
from .builders import (
    BOOM,
    FIRST_START,
    FORCE,
    NEXT_START,
    NOTHING,
    NOW,
    OWN_CLAIM,
    RUN,
    STOP,
    ago,
    answer_of,
    checkpoint_ids,
    ended,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    reread,
    seen_of,
    serving,
    spec_of,
    stopped,
    stopping,
    suspending,
)

RUNTIME = (
    "deployment_runtime_status",
    "deployment_runtime_status_details",
    "deployment_runtime_status_since",
    "deployment_runtime_desired_status",
    "deployment_runtime_desired_status_since",
)
OLD = ErrorStatus(message="an older error", error_code="Older")
SINCE = ago(50)
KNOWN = StorageDetailsStatus(checkpoints=[CheckpointStatus(uuid="c1")])
ALLOW = intent_of(spec=spec_of(bootstrapPolicy="Allow", restart={"policy": "Never"}))
GONE = seen_of(last_seen=ended(143))
SUSPENDED = serving("Suspended", "c1", "c2")
CRASHED = seen_of(pod_of(), runtime=RuntimeFailed(BOOM))

# Event, intent, status before, world, what is set, what is cleared.
ROWS: list[tuple[str, Intent, PipelineStatus, Observed, dict[str, Any], tuple[str, ...]]] = [
    (
        "/start accepted: -> Provisioning",
        dataclasses.replace(ALLOW, generation=2),
        stopped(
            deployment_error=BOOM, held_generation=1, storage_status="Cleared", restart=RestartStatus(count=2)
        ),
        NOTHING,
        {
            "deployment_resources_desired_status": "Provisioned",
            "deployment_resources_status": "Provisioning",
            "deployment_id": NEXT_START,
            "deployment_initial": "Running",
            "bootstrap_policy": "Allow",
            "storage_status": "InUse",
            "revision": RUN.revision,
            "restart": RestartStatus(),
        },
        ("deployment_error", "held_generation", *RUNTIME),
    ),
    (
        "/stop?force=true accepted",
        FORCE,
        provisioned(bootstrap_policy="Allow", deployment_error=OLD),
        serving(),
        {
            "deployment_resources_desired_status": "Stopped",
            "deployment_resources_status": "Stopping",
            "deployment_id": FIRST_START,
            "deployment_error": OLD,
        },
        ("deployment_initial", "bootstrap_policy", *RUNTIME),
    ),
    (
        "-> Provisioned: not shown while it has initialized for less than five seconds",
        ALLOW,
        provisioning(bootstrap_policy="Allow"),
        serving("Initializing", desired="Running"),
        {"deployment_resources_status": "Provisioning", "deployment_initial": "Running"},
        (),
    ),
    (
        "-> Provisioned",
        ALLOW,
        provisioning(bootstrap_policy="Allow", deployment_resources_status_since=ago(6)),
        serving("Initializing", desired="Running"),
        {
            "deployment_resources_status": "Provisioned",
            "deployment_runtime_status": "Initializing",
            "deployment_runtime_desired_status": "Running",
            "deployment_initial": "Running",
            "bootstrap_policy": "Allow",
            "deployment_id": FIRST_START,
        },
        ("deployment_error",),
    ),
    (
        "Provisioned (stay)",
        RUN,
        provisioned(deployment_runtime_status_details={"reason": "old"}),
        seen_of(pod_of(), runtime=answer_of("Paused", "Running", "c1", "c2", details={"reason": "new"})),
        {
            "deployment_resources_status": "Provisioned",
            "deployment_runtime_status": "Paused",
            "deployment_runtime_desired_status": "Running",
            "deployment_runtime_status_details": {"reason": "new"},
        },
        (),
    ),
    (
        "-> Stopping, with a checkpoint",
        STOP,
        suspending(bootstrap_policy="Allow", revision="orders-0123456789"),
        SUSPENDED,
        {
            "deployment_resources_status": "Stopping",
            "deployment_resources_desired_status": "Stopped",
            "deployment_id": FIRST_START,
            "revision": "orders-0123456789",
        },
        ("deployment_error", "deployment_initial", "bootstrap_policy", *RUNTIME),
    ),
    (
        "-> Stopping, with an error that overwrites",
        ALLOW,
        provisioned(deployment_error=OLD),
        CRASHED,
        {
            "deployment_resources_status": "Stopping",
            "deployment_resources_desired_status": "Stopped",
            "deployment_error": BOOM,
            "deployment_id": FIRST_START,
        },
        ("deployment_initial", "bootstrap_policy", *RUNTIME),
    ),
    (
        "-> Stopped",
        STOP,
        stopping(deployment_error=BOOM, deployment_runtime_status="Unavailable"),
        GONE,
        {
            "deployment_resources_status": "Stopped",
            "deployment_resources_desired_status": "Stopped",
            "deployment_error": BOOM,
            "storage_status": "InUse",
        },
        ("deployment_id", "runtime", "deployment_initial", "bootstrap_policy", *RUNTIME),
    ),
    (
        "Clearing",
        asking(CLEAR, of=STOP),
        stopped(deployment_error=BOOM, storage_status_details=KNOWN, last_checkpoint_time=SINCE),
        NOTHING,
        {"storage_status": "Clearing", "deployment_error": BOOM},
        ("storage_status_details", "last_checkpoint_time"),
    ),
    (
        "Cleared",
        STOP,
        stopped(storage_status="Clearing", storage_claim="orders-runtime-0", requests=[asked(CLEAR)]),
        NOTHING,
        {"storage_status": "Cleared", "storage_cleared_time": NOW},
        ("storage_status_details", "storage_claim", "storage_size"),
    ),
    (
        "/dismiss_error",
        asking(DISMISS, of=STOP),
        stopped(deployment_error=BOOM),
        NOTHING,
        {"deployment_resources_status": "Stopped", "storage_status": "InUse"},
        ("deployment_error",),
    ),
]


@pytest.mark.parametrize(
    ("intent", "before", "seen", "written", "cleared"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_a_transition_writes_and_clears_what_the_api_does(
    intent: Intent,
    before: PipelineStatus,
    seen: Observed,
    written: dict[str, Any],
    cleared: tuple[str, ...],
) -> None:
    status = look(intent, before, seen).status

    assert {field: getattr(status, field) for field in written} == written
    assert {field: getattr(status, field) for field in cleared} == dict.fromkeys(cleared)


def test_a_list_of_checkpoints_that_is_not_told_stays_as_it_is() -> None:
    status = look(RUN, provisioned(), serving()).status

    assert checkpoint_ids(status) == ["c1"]


def test_checkpoints_outlive_the_stop_and_are_forgotten_by_the_clearing() -> None:
    over = look(STOP, stopping(), GONE)
    cleared = look(asking(CLEAR, of=STOP), reread(over.status))

    assert checkpoint_ids(over.status) == ["c1"]
    assert checkpoint_ids(cleared.status) == []


def test_the_error_goes_neither_with_a_stop_nor_with_an_automatic_restart() -> None:
    restarted = look(RUN, provisioned(deployment_error=OLD), seen_of(ended(1, error=BOOM)))

    assert look(STOP, stopped(deployment_error=OLD)).status.deployment_error == OLD
    assert restarted.status.deployment_error == OLD
    assert restarted.status.restart is not None
    assert restarted.status.restart.last_error == BOOM


def test_since_moves_only_when_the_value_changes() -> None:
    since = {f"deployment_{axis}_since": SINCE for axis in ("status", "resources_status", "runtime_status")}
    stays = look(RUN, provisioned(**since), serving()).status
    moves = look(RUN, provisioned(**since), serving("Paused", desired="Running")).status

    assert {field: getattr(stays, field) for field in since} == since
    assert (moves.deployment_status_since, moves.deployment_runtime_status_since) == (NOW, NOW)
    assert moves.deployment_resources_status_since == SINCE


def test_clearing_deletes_the_claim_before_it_is_cleared() -> None:
    before = stopped(storage_status="Clearing", requests=[asked(CLEAR)])

    assert look(STOP, before, seen_of(claim=OWN_CLAIM)).status.storage_status == "Clearing"
    assert look(STOP, before, NOTHING).status.storage_status == "Cleared"
