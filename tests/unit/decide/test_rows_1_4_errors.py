"""The catalogue of errors: section 1.4 of the published API's lifecycle, row by row.

First the catalogue itself, word by word; then where a pipeline says each of them.
"""

from typing import Any

import pytest

from sluice.api.errors import CATALOGUE, STOPPING_HINT, ErrorCode, build_error, describe
from sluice.api.reasons import ConditionType
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus, RequestVerb
from sluice.observation import Intent, Observed, RefusalKind

from .asking import APPROVE, CHECKPOINT, CLEAR, DISMISS, asked, asking, outcome
from .builders import (
    NOTHING,
    OWN_CLAIM,
    RUN,
    STOP,
    ago,
    condition,
    ended,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    refused,
    seen_of,
    serving,
    spec_of,
    stopped,
    stopping,
    suspending,
)

OWN = {
    ErrorCode.INVALID_REQUEST,
    ErrorCode.NOT_WANTED,
    ErrorCode.OTHER_OBJECT,
    ErrorCode.RUN_IMMUTABLE,
    ErrorCode.RUN_UNDER_WAY,
    ErrorCode.NOT_FOR_ELEMENTS,
    ErrorCode.SUSPEND_TIMEOUT,
    ErrorCode.CHECKPOINT_FAILED,
    ErrorCode.UNKNOWN_EVENT,
    ErrorCode.NOT_SUPPORTED,
    ErrorCode.UNAUTHORIZED,
    ErrorCode.FORBIDDEN,
    ErrorCode.NO_ENDPOINT,
    ErrorCode.NO_METHOD,
    ErrorCode.TOO_LARGE,
    ErrorCode.CLUSTER_UNAVAILABLE,
    ErrorCode.INTERNAL,
    ErrorCode.TOO_MANY,
    ErrorCode.TOO_SLOW,
    ErrorCode.UNKNOWN_DEPLOYMENT,
}
"""What the published API has no code for."""
OF_CREATION = {
    ErrorCode.DUPLICATE_NAME,
    ErrorCode.EMPTY_NAME,
    ErrorCode.ILLEGAL_NAME,
    ErrorCode.LONG_NAME,
    ErrorCode.UNKNOWN_API_KEY,
    ErrorCode.UPDATE_WHILE_UP,
}
"""Only over HTTP: the gateway's tests hold them to the API."""
OWN_WORDS = {ErrorCode.PROVISIONING_TIMEOUT, ErrorCode.SUSPEND_FAILED, ErrorCode.CLEAR_FAILED}
"""Of these the code is the API's, and the sentence says more than the API's does."""

STATUS = {"status": "Stopping", "current_desired_status": "Stopped", "new_desired_status": "Provisioned"}
WHERE = {"pipeline_name": "orders", "status": "Stopped", "desired_status": "Stopped"}
CALL = {"pipeline_name": "orders", "request": "GET /pause", "error": "refused"}

# Code, HTTP status, the fields of the sentence, the sentence, and the details.
ROWS: list[tuple[str, int, dict[str, Any], str, dict[str, Any]]] = [
    (
        "UnknownPipelineName",
        404,
        {"pipeline_name": "orders"},
        "Unknown pipeline name 'orders'",
        {"pipeline_name": "orders"},
    ),
    (
        "UnsupportedPipelineAction",
        405,
        {"action": "/start?initial=x", "reason": "unknown initial runtime desired status: x"},
        "Unsupported pipeline action '/start?initial=x': unknown initial runtime desired status: x",
        {"action": "/start?initial=x", "reason": "unknown initial runtime desired status: x"},
    ),
    (
        "InvalidBootstrapConfig",
        400,
        {},
        "Invalid bootstrap configuration: `silent_bootstrap` and `concurrent_bootstrap` are mutually"
        " exclusive; set at most one",
        {},
    ),
    (
        "InvalidTransition",
        400,
        {"action": "suspend", "status": "Standby"},
        "Cannot execute suspend transition starting from Standby",
        {},
    ),
    (
        "InvalidActivateStatus",
        400,
        {"initial": "Standby"},
        "Invalid activation status Standby (only running and paused are valid)",
        {"initial": "Standby"},
    ),
    (
        "IncarnationUuidMismatch",
        400,
        {"in_request": "a", "expected": "b"},
        "Incarnation UUID mismatch (a in request, expected b)",
        {"in_request": "a", "expected": "b"},
    ),
    (
        "Initializing",
        503,
        {},
        "Operation failed because the pipeline has not finished initializing.",
        {},
    ),
    ("Suspended", 503, {}, "Operation failed because the pipeline has been suspended.", {}),
    (
        "DeleteRestrictedToFullyStopped",
        400,
        {},
        "Cannot delete a pipeline which is not fully stopped. Stop the pipeline first fully by invoking the"
        " '/stop' endpoint.",
        {},
    ),
    (
        "DeleteRestrictedToClearedStorage",
        400,
        {},
        "Cannot delete pipeline unless its storage is cleared. Clear storage first using `/clear`.",
        {},
    ),
    (
        "IllegalPipelineAction",
        400,
        {**STATUS, "hint": STOPPING_HINT},
        "Deployment resources status (current: 'Stopping', desired: 'Stopped') cannot have desired changed to"
        " 'Provisioned'. Cannot restart the pipeline while it is stopping. Wait for it to stop before"
        " starting a new instance of the pipeline.",
        {**STATUS, "hint": STOPPING_HINT},
    ),
    (
        "CannotStartWithUndismissedError",
        400,
        {},
        "Cannot process `/start?dismiss_error=false` if the `deployment_error` is set. You can dismiss the"
        " error by calling `/start?dismiss_error=true`, or alternatively first call `/dismiss_error`, after"
        " which `/start?dismiss_error=false` is again possible.",
        {},
    ),
    (
        "CannotStartWhileClearingStorage",
        400,
        {},
        "Cannot process `/start` if the `storage_status` is `Clearing`. Wait for the storage to become"
        " cleared before trying again.",
        {},
    ),
    (
        "InitialImmutableUnlessStopped",
        400,
        {},
        "Initial desired runtime status cannot be changed unless the pipeline is desired to become Stopped.",
        {},
    ),
    (
        "BootstrapPolicyImmutableUnlessStopped",
        400,
        {},
        "Bootstrap policy cannot be changed unless the pipeline is desired to become Stopped.",
        {},
    ),
    (
        "InitialStandbyNotAllowed",
        400,
        {},
        "Initial desired runtime status can only be set to Standby if: (1)"
        " `runtime_config.storage.backend.name` is set to `file`, and (2)"
        " `runtime_config.storage.backend.config.sync` is configured.",
        {},
    ),
    (
        "DismissErrorRestrictedToFullyStopped",
        400,
        {},
        "The pipeline must have both status `Stopped` and desired status `Stopped` to dismiss the"
        " `deployment_error` if it is set.",
        {},
    ),
    (
        "StorageStatusImmutableUnlessStopped",
        400,
        {"current": "in_use", "new": "clearing", "resources": "provisioned", "desired": "stopped"},
        "Cannot transition storage status from 'in_use' to 'clearing' with resources status 'provisioned' and"
        " desired status 'stopped'. Storage status cannot be changed unless the pipeline is fully stopped.",
        {},
    ),
    (
        "EditRestrictedToClearedStorage",
        400,
        {"edits": "`storage`", "not_allowed": ["`storage`"]},
        "The following pipeline edits are not allowed while storage is not cleared: `storage`",
        {"not_allowed": ["`storage`"]},
    ),
    (
        "PipelineInteractionNotDeployed",
        503,
        WHERE,
        "Unable to interact with pipeline because the deployment status (Stopped) indicates it is not (yet)"
        ' fully provisioned pipeline-id=N/A pipeline-name="orders"',
        WHERE,
    ),
    (
        "PipelineUnavailable",
        503,
        {"pipeline_name": "orders"},
        "Unable to interact with pipeline because its status is currently 'unavailable' pipeline-id=N/A"
        ' pipeline-name="orders"',
        {},
    ),
    (
        "PipelineInteractionUnreachable",
        503,
        CALL,
        "Error sending HTTP request to pipeline: refused Failed request: GET /pause pipeline-id=N/A"
        ' pipeline-name="orders"',
        CALL,
    ),
    ("RunnerProvisionError", 500, {"reason": "no quota"}, "Pipeline provision failed: no quota", {}),
    (
        "RunnerCheckError",
        500,
        {"reason": "evicted"},
        "Pipeline check failed: compute and/or storage resources encountered a fatal error.\n\nevicted",
        {},
    ),
    (
        "PipelineInteractionInvalidResponse",
        500,
        {"reason": "HTTP 404"},
        "The pipeline's process answered what the contract does not allow: HTTP 404",
        {},
    ),
]


@pytest.mark.parametrize(
    ("code", "http", "values", "message", "details"), [pytest.param(*row, id=row[0]) for row in ROWS]
)
def test_an_error_has_the_status_the_words_and_the_details_of_the_api(
    code: str, http: int, values: dict[str, Any], message: str, details: dict[str, Any]
) -> None:
    error = build_error(ErrorCode(code), **values)

    assert CATALOGUE[ErrorCode(code)].http == http
    assert (error.error_code, error.message, error.details) == (code, message, details)


def test_every_code_is_a_row_of_the_api_or_known_to_be_our_own() -> None:
    rows = {ErrorCode(row[0]) for row in ROWS}

    assert rows | OWN | OWN_WORDS | OF_CREATION == set(ErrorCode)
    assert set(CATALOGUE) == set(ErrorCode)


def test_only_what_may_succeed_later_without_a_change_is_service_unavailable() -> None:
    later = {code for code, entry in CATALOGUE.items() if entry.http == 503}

    assert later == {
        ErrorCode.NOT_DEPLOYED,
        ErrorCode.UNAVAILABLE,
        ErrorCode.UNREACHABLE,
        ErrorCode.INITIALIZING,
        ErrorCode.SUSPENDED,
        ErrorCode.CLUSTER_UNAVAILABLE,
    }


def where_it_is(status: str) -> str:
    return describe(ErrorCode.NOT_DEPLOYED, status=status, pipeline_name="orders")


STARTING = seen_of(pod_of(is_started=False))
REQUESTS: list[tuple[RequestVerb, Intent, PipelineStatus, Observed, str, str]] = [
    (DISMISS, RUN, provisioned(), serving(), ErrorCode.DISMISS_RESTRICTED, "`Stopped`"),
    (
        CLEAR,
        RUN,
        provisioned(),
        serving(),
        ErrorCode.STORAGE_IMMUTABLE,
        "from 'in_use' to 'clearing' with resources status 'provisioned' and desired status 'provisioned'",
    ),
    (
        CLEAR,
        STOP,
        stopping(),
        seen_of(pod_of(is_deleting=True)),
        ErrorCode.STORAGE_IMMUTABLE,
        "with resources status 'stopping' and desired status 'stopped'",
    ),
    (
        CLEAR,
        RUN,
        stopped(storage_status="Cleared"),
        NOTHING,
        ErrorCode.STORAGE_IMMUTABLE,
        "from 'cleared' to 'clearing' with resources status 'stopped' and desired status 'provisioned'",
    ),
    (CHECKPOINT, STOP, stopped(), NOTHING, ErrorCode.NOT_DEPLOYED, where_it_is("Stopped")),
    (CHECKPOINT, RUN, provisioning(), STARTING, ErrorCode.NOT_DEPLOYED, where_it_is("Provisioning")),
    (CHECKPOINT, STOP, suspending(), serving(), ErrorCode.NOT_DEPLOYED, where_it_is("Suspending")),
    (APPROVE, STOP, stopped(), NOTHING, ErrorCode.NOT_DEPLOYED, where_it_is("Stopped")),
    (
        CHECKPOINT,
        RUN,
        provisioned(storage_status="Cleared"),
        serving(),
        ErrorCode.CHECKPOINT_FAILED,
        "without storage",
    ),
]


@pytest.mark.parametrize(
    ("verb", "intent", "before", "seen", "code", "words"),
    [pytest.param(*row, id=f"{row[4]}: {row[0]} while {row[2].deployment_status}") for row in REQUESTS],
)
def test_a_request_at_the_wrong_time_is_refused_with_the_apis_code(
    verb: RequestVerb, intent: Intent, before: PipelineStatus, seen: Observed, code: str, words: str
) -> None:
    entry = outcome(look(asking(verb, of=intent), before, seen), verb)

    assert (entry.state, entry.reason) == ("Refused", code)
    assert words in (entry.message or "")


LIMITED = intent_of(spec=spec_of(provisioningTimeoutSeconds=1))
ONCE = intent_of(spec=spec_of(restart={"policy": "Never"}))
FORCED = intent_of(DesiredStatus.STOPPED, spec_of(stop={"timeoutSeconds": 30, "onTimeout": "Force"}))


@pytest.mark.parametrize(
    ("intent", "before", "seen", "code"),
    [
        pytest.param(
            LIMITED,
            provisioning(),
            STARTING,
            ErrorCode.PROVISIONING_TIMEOUT,
            id="AutomatonProvisioningTimeout",
        ),
        pytest.param(
            RUN,
            provisioning(),
            refused(RefusalKind.PERMANENT),
            ErrorCode.PROVISION_FAILED,
            id="RunnerProvisionError",
        ),
        pytest.param(ONCE, provisioned(), seen_of(ended(137)), ErrorCode.CHECK_FAILED, id="RunnerCheckError"),
        pytest.param(STOP, suspending(), seen_of(ended(1)), ErrorCode.SUSPEND_FAILED, id="SuspendError"),
        pytest.param(
            FORCED,
            suspending({"deadline_at": ago(1)}),
            serving("Running", "c1", desired="Suspended"),
            ErrorCode.SUSPEND_TIMEOUT,
            id="SuspendTimeout",
        ),
    ],
)
def test_what_ends_a_pipeline_is_its_deployment_error(
    intent: Intent, before: PipelineStatus, seen: Observed, code: ErrorCode
) -> None:
    error = look(intent, before, seen).status.deployment_error

    assert error is not None
    assert error.error_code == code


def test_clearing_holds_a_start_with_the_whole_sentence_of_the_api() -> None:
    clearing = stopped(storage_status="Clearing", requests=[asked(CLEAR)])
    pending = condition(look(RUN, clearing, seen_of(claim=OWN_CLAIM)), ConditionType.CHANGES_PENDING)

    assert (pending.reason, pending.message) == (
        ErrorCode.START_WHILE_CLEARING,
        describe(ErrorCode.START_WHILE_CLEARING),
    )
