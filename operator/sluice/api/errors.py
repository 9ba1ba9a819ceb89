"""The catalogue of errors: code, HTTP status, sentence and details, in one place.

Codes and sentences are those of the published API where it has them: seeds 000 and 001, and the catalogue of
Feldera's pipeline manager. Conditions, requests and ``status.deploymentError`` use them, and so does whoever
serves the API over HTTP.
"""

from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple

from sluice.api.json_values import child
from sluice.api.kinds import PIPELINE
from sluice.api.status import ErrorStatus, bounded


class ErrorCode(StrEnum):
    """Machine-readable codes. A runtime's own error keeps the code that the runtime gave it."""

    # What a person's wish meets.
    ILLEGAL_ACTION = "IllegalPipelineAction"
    UNDISMISSED_ERROR = "CannotStartWithUndismissedError"
    START_WHILE_CLEARING = "CannotStartWhileClearingStorage"
    INITIAL_IMMUTABLE = "InitialImmutableUnlessStopped"
    BOOTSTRAP_POLICY_IMMUTABLE = "BootstrapPolicyImmutableUnlessStopped"
    STANDBY_NOT_ALLOWED = "InitialStandbyNotAllowed"
    DISMISS_RESTRICTED = "DismissErrorRestrictedToFullyStopped"
    STORAGE_IMMUTABLE = "StorageStatusImmutableUnlessStopped"
    EDIT_RESTRICTED = "EditRestrictedToClearedStorage"
    NOT_DEPLOYED = "PipelineInteractionNotDeployed"
    UNAVAILABLE = "PipelineUnavailable"
    UNREACHABLE = "PipelineInteractionUnreachable"
    INVALID_REQUEST = "InvalidRequest"
    NOT_WANTED = "RestartRestrictedToWanted"
    OTHER_OBJECT = "OtherObject"
    RUN_IMMUTABLE = "ElementsImmutableInRun"
    RUN_UNDER_WAY = "RestartRestrictedToEnded"
    NOT_FOR_ELEMENTS = "RequestNotForElements"
    # What only those meet who ask over HTTP.
    UNKNOWN_PIPELINE = "UnknownPipelineName"
    UNKNOWN_EVENT = "UnknownPipelineMonitorEvent"
    UNSUPPORTED_ACTION = "UnsupportedPipelineAction"
    INVALID_BOOTSTRAP = "InvalidBootstrapConfig"
    INVALID_TRANSITION = "InvalidTransition"
    INVALID_ACTIVATION = "InvalidActivateStatus"
    INCARNATION_MISMATCH = "IncarnationUuidMismatch"
    INITIALIZING = "Initializing"
    SUSPENDED = "Suspended"
    DELETE_WHILE_UP = "DeleteRestrictedToFullyStopped"
    DELETE_WHILE_IN_USE = "DeleteRestrictedToClearedStorage"
    UPDATE_WHILE_UP = "UpdateRestrictedToStopped"
    DUPLICATE_NAME = "DuplicateName"
    EMPTY_NAME = "EmptyName"
    LONG_NAME = "TooLongName"
    ILLEGAL_NAME = "NameDoesNotMatchPattern"
    UNKNOWN_API_KEY = "UnknownApiKey"
    UNKNOWN_DEPLOYMENT = "UnknownDeployment"
    NOT_SUPPORTED = "NotSupported"
    UNAUTHORIZED = "Unauthorized"
    FORBIDDEN = "Forbidden"
    NO_ENDPOINT = "NotFound"
    NO_METHOD = "MethodNotAllowed"
    TOO_LARGE = "PayloadTooLarge"
    TOO_SLOW = "RequestTimeout"
    TOO_MANY = "TooManyRequests"
    CLUSTER_UNAVAILABLE = "ClusterUnavailable"
    INTERNAL = "InternalError"
    # Why a pipeline stopped.
    PROVISIONING_TIMEOUT = "AutomatonProvisioningTimeout"
    PROVISION_FAILED = "RunnerProvisionError"
    CHECK_FAILED = "RunnerCheckError"
    INVALID_RESPONSE = "PipelineInteractionInvalidResponse"
    SUSPEND_FAILED = "SuspendError"
    SUSPEND_TIMEOUT = "SuspendTimeout"
    CHECKPOINT_FAILED = "CheckpointFailed"
    CLEAR_FAILED = "RunnerClearError"


class Entry(NamedTuple):
    """One row of the catalogue. ``message`` is a template; ``details`` names those of its fields told."""

    http: HTTPStatus
    message: str
    details: tuple[str, ...] = ()


STOPPING_HINT = (
    "Cannot restart the pipeline while it is stopping. Wait for it to stop before starting a new instance of"
    " the pipeline."
)
"""The words of seeds 000 and 001."""
FORCING_HINT = (
    "A force stop cannot be cancelled: the {noun} must first reach Stopped before another action can be done."
)
"""The words of seed 000."""

_REFUSED, _UNAVAILABLE, _INTERNAL = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)

OVER_HTTP: dict[ErrorCode, Entry] = {
    ErrorCode.UNKNOWN_PIPELINE: Entry(
        HTTPStatus.NOT_FOUND, "Unknown pipeline name '{pipeline_name}'", ("pipeline_name",)
    ),
    ErrorCode.UNKNOWN_EVENT: Entry(
        HTTPStatus.NOT_FOUND, "Unknown event '{event_id}': it may have been cleared away.", ("event_id",)
    ),
    ErrorCode.UNSUPPORTED_ACTION: Entry(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Unsupported pipeline action '{action}': {reason}",
        ("action", "reason"),
    ),
    ErrorCode.INVALID_BOOTSTRAP: Entry(
        _REFUSED,
        "Invalid bootstrap configuration: `silent_bootstrap` and `concurrent_bootstrap` are mutually"
        " exclusive; set at most one",
    ),
    ErrorCode.INVALID_TRANSITION: Entry(
        _REFUSED, "Cannot execute {action} transition starting from {status}"
    ),
    ErrorCode.INVALID_ACTIVATION: Entry(
        _REFUSED,
        "Invalid activation status {initial} (only running and paused are valid)",
        ("initial",),
    ),
    ErrorCode.INCARNATION_MISMATCH: Entry(
        _REFUSED,
        "Incarnation UUID mismatch ({in_request} in request, expected {expected})",
        ("in_request", "expected"),
    ),
    ErrorCode.INITIALIZING: Entry(
        _UNAVAILABLE, "Operation failed because the pipeline has not finished initializing."
    ),
    ErrorCode.SUSPENDED: Entry(_UNAVAILABLE, "Operation failed because the pipeline has been suspended."),
    ErrorCode.DELETE_WHILE_UP: Entry(
        _REFUSED,
        "Cannot delete a pipeline which is not fully stopped. Stop the pipeline first fully by invoking the"
        " '/stop' endpoint.",
    ),
    ErrorCode.DELETE_WHILE_IN_USE: Entry(
        _REFUSED, "Cannot delete pipeline unless its storage is cleared. Clear storage first using `/clear`."
    ),
    ErrorCode.UPDATE_WHILE_UP: Entry(
        _REFUSED, "Pipeline can only be updated while stopped. Stop it first by invoking '/stop'."
    ),
    ErrorCode.DUPLICATE_NAME: Entry(HTTPStatus.CONFLICT, "An entity with this name already exists"),
    ErrorCode.EMPTY_NAME: Entry(_REFUSED, "Name cannot be empty"),
    ErrorCode.LONG_NAME: Entry(
        _REFUSED, "Name is longer ({length}) than the maximum allowed ({maximum})", ("length", "maximum")
    ),
    ErrorCode.ILLEGAL_NAME: Entry(_REFUSED, "Name does not match the pattern: {pattern}", ("pattern",)),
    ErrorCode.UNKNOWN_API_KEY: Entry(HTTPStatus.NOT_FOUND, "Unknown API key '{name}'", ("name",)),
    ErrorCode.UNKNOWN_DEPLOYMENT: Entry(
        HTTPStatus.NOT_FOUND, "Unknown deployment '{deployment_id}'", ("deployment_id",)
    ),
    ErrorCode.NOT_SUPPORTED: Entry(HTTPStatus.NOT_IMPLEMENTED, "{what}"),
    ErrorCode.UNAUTHORIZED: Entry(
        HTTPStatus.UNAUTHORIZED,
        "{problem} Send `Authorization: Bearer TOKEN` with a token that the Kubernetes cluster accepts, or"
        " with an API key, which may also be sent as `X-API-Key`.",
    ),
    ErrorCode.FORBIDDEN: Entry(HTTPStatus.FORBIDDEN, "The Kubernetes cluster does not allow this: {reason}"),
    ErrorCode.NO_ENDPOINT: Entry(
        HTTPStatus.NOT_FOUND, "There is no such endpoint here: /openapi.json lists them."
    ),
    ErrorCode.NO_METHOD: Entry(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This endpoint does not take this method: /openapi.json lists those it takes.",
    ),
    ErrorCode.TOO_LARGE: Entry(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "A body may have at most {limit} bytes here."
    ),
    ErrorCode.TOO_SLOW: Entry(
        HTTPStatus.REQUEST_TIMEOUT, "The body did not come within {seconds} seconds: send it anew."
    ),
    ErrorCode.TOO_MANY: Entry(
        HTTPStatus.TOO_MANY_REQUESTS, "Too many requests of one caller: the next is served in {seconds} s."
    ),
    ErrorCode.CLUSTER_UNAVAILABLE: Entry(
        _UNAVAILABLE, "The Kubernetes cluster cannot answer now: {reason}. Try again in a few seconds."
    ),
    ErrorCode.INTERNAL: Entry(
        _INTERNAL, "The gateway failed. Its log has the reason, under request {request}."
    ),
}
"""What only those meet who ask over HTTP: never in a status."""

CATALOGUE: dict[ErrorCode, Entry] = {
    ErrorCode.ILLEGAL_ACTION: Entry(
        _REFUSED,
        "Deployment resources status (current: '{status}', desired: '{current_desired_status}') cannot have"
        " desired changed to '{new_desired_status}'. {hint}",
        ("status", "current_desired_status", "new_desired_status", "hint"),
    ),
    ErrorCode.UNDISMISSED_ERROR: Entry(
        _REFUSED,
        "Cannot process `/start?dismiss_error=false` if the `deployment_error` is set. You can dismiss the"
        " error by calling `/start?dismiss_error=true`, or alternatively first call `/dismiss_error`, after"
        " which `/start?dismiss_error=false` is again possible.",
    ),
    ErrorCode.START_WHILE_CLEARING: Entry(
        _REFUSED,
        "Cannot process `/start` if the `storage_status` is `Clearing`. Wait for the storage to become"
        " cleared before trying again.",
    ),
    ErrorCode.INITIAL_IMMUTABLE: Entry(
        _REFUSED,
        "Initial desired runtime status cannot be changed unless the pipeline is desired to become Stopped.",
    ),
    ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE: Entry(
        _REFUSED,
        "Bootstrap policy cannot be changed unless the pipeline is desired to become Stopped.",
    ),
    ErrorCode.STANDBY_NOT_ALLOWED: Entry(
        _REFUSED,
        "Initial desired runtime status can only be set to Standby if: (1)"
        " `runtime_config.storage.backend.name` is set to `file`, and (2)"
        " `runtime_config.storage.backend.config.sync` is configured.",
    ),
    ErrorCode.DISMISS_RESTRICTED: Entry(
        _REFUSED,
        "The pipeline must have both status `Stopped` and desired status `Stopped` to dismiss the"
        " `deployment_error` if it is set.",
    ),
    ErrorCode.STORAGE_IMMUTABLE: Entry(
        _REFUSED,
        "Cannot transition storage status from '{current}' to '{new}' with resources status '{resources}' and"
        " desired status '{desired}'. Storage status cannot be changed unless the pipeline is fully stopped.",
    ),
    ErrorCode.EDIT_RESTRICTED: Entry(
        _REFUSED,
        "The following pipeline edits are not allowed while storage is not cleared: {edits}",
        ("not_allowed",),
    ),
    ErrorCode.NOT_DEPLOYED: Entry(
        _UNAVAILABLE,
        "Unable to interact with pipeline because the deployment status ({status}) indicates it is not (yet)"
        ' fully provisioned pipeline-id=N/A pipeline-name="{pipeline_name}"',
        ("pipeline_name", "status", "desired_status"),
    ),
    ErrorCode.UNAVAILABLE: Entry(
        _UNAVAILABLE,
        "Unable to interact with pipeline because its status is currently 'unavailable' pipeline-id=N/A"
        ' pipeline-name="{pipeline_name}"',
    ),
    ErrorCode.UNREACHABLE: Entry(
        _UNAVAILABLE,
        "Error sending HTTP request to pipeline: {error} Failed request: {request} pipeline-id=N/A"
        ' pipeline-name="{pipeline_name}"',
        ("pipeline_name", "request", "error"),
    ),
    ErrorCode.INVALID_REQUEST: Entry(_REFUSED, "The request cannot be understood: {problem}"),
    ErrorCode.NOT_WANTED: Entry(
        _REFUSED,
        "A {noun} that is wanted Stopped or Canceled is not restarted: set desiredStatus to Running first.",
    ),
    ErrorCode.OTHER_OBJECT: Entry(
        HTTPStatus.CONFLICT,
        "The request was made for another object of this name (uid {uid}). Make it anew if it is meant for"
        " this one.",
    ),
    ErrorCode.RUN_IMMUTABLE: Entry(
        _REFUSED,
        "A run keeps what it began with. In force from the next run on, which a restart request begins:"
        " {edits}",
    ),
    ErrorCode.RUN_UNDER_WAY: Entry(
        _REFUSED, "A run is under way: wait for its end, or cancel it, before the restart."
    ),
    ErrorCode.NOT_FOR_ELEMENTS: Entry(
        _REFUSED, "A {noun} with elements takes no {verb} request: write restart or override."
    ),
    **OVER_HTTP,
    ErrorCode.PROVISIONING_TIMEOUT: Entry(
        _INTERNAL,
        "{Noun} could not be provisioned within the timeout of {seconds}s. Last seen: {seen}. Look at the"
        " pod's events, or raise provisioningTimeoutSeconds.",
    ),
    ErrorCode.PROVISION_FAILED: Entry(_INTERNAL, "{Noun} provision failed: {reason}"),
    ErrorCode.CHECK_FAILED: Entry(
        _INTERNAL,
        "{Noun} check failed: compute and/or storage resources encountered a fatal error.\n\n{reason}",
    ),
    ErrorCode.INVALID_RESPONSE: Entry(
        _INTERNAL, "The pipeline's process answered what the contract does not allow: {reason}"
    ),
    ErrorCode.SUSPEND_FAILED: Entry(
        _INTERNAL,
        "The {noun} was stopped without a new checkpoint, because it could not make one: {reason}",
    ),
    ErrorCode.SUSPEND_TIMEOUT: Entry(
        _INTERNAL,
        "The graceful stop made no checkpoint within stop.timeoutSeconds ({seconds}s), and stop.onTimeout is"
        " Force: the {noun} was stopped without one. Last seen: {seen}.",
    ),
    ErrorCode.CHECKPOINT_FAILED: Entry(_INTERNAL, "The checkpoint failed: {reason}"),
    ErrorCode.CLEAR_FAILED: Entry(_INTERNAL, "The storage could not be cleared (will retry): {reason}"),
}

PERMANENT_INITIALIZATION_ERRORS = frozenset(
    {
        "BootstrapRejected",
        "CheckpointNotFound",
        "InitialStandbyNotAllowed",
        "InvalidInitialStatus",
        "InvalidStartupTransition",
        "UnsupportedInitialStatus",
    }
)
"""Causes of an ``InitializationError`` that come back at each restart: only another spec or storage helps."""


def describe(code: ErrorCode, *, noun: str = PIPELINE.noun, **values: Any) -> str:
    """The catalogue's sentence for ``code`` with its fields filled in, about a ``noun``."""
    return bounded(CATALOGUE[code].message.format(noun=noun, Noun=noun.capitalize(), **values))


def build_error(code: ErrorCode, details: dict[str, Any] | None = None, **values: Any) -> ErrorStatus:
    """The catalogue's entry for ``code`` with its fields filled in."""
    told = {name: values[name] for name in CATALOGUE[code].details if name in values}
    return ErrorStatus(message=describe(code, **values), error_code=code, details={**told, **(details or {})})


def is_permanent(error: ErrorStatus) -> bool:
    """Whether a process that ended with ``error`` would end with it again."""
    return child(error.details, "error").get("error_code") in PERMANENT_INITIALIZATION_ERRORS
