"""The catalogue of errors that end up in ``status.deploymentError``: code and message, in one place.

Codes and sentences are those of the published API (Feldera's pipeline manager) where it has one.
"""

from enum import StrEnum
from typing import Any

from sluice.api.status import ErrorStatus, bounded


class ErrorCode(StrEnum):
    """Values of ``deploymentError.errorCode`` that the operator itself sets.

    A runtime's own error keeps the code that the runtime gave it.
    """

    PROVISIONING_TIMEOUT = "AutomatonProvisioningTimeout"
    PROVISION_FAILED = "RunnerProvisionError"
    CHECK_FAILED = "RunnerCheckError"
    INVALID_RESPONSE = "PipelineInteractionInvalidResponse"
    SUSPEND_FAILED = "SuspendError"
    SUSPEND_TIMEOUT = "SuspendTimeout"


MESSAGES: dict[ErrorCode, str] = {
    ErrorCode.PROVISIONING_TIMEOUT: (
        "Pipeline could not be provisioned within the timeout of {seconds}s. Last seen: {seen}. Look at the"
        " pod's events, or raise provisioningTimeoutSeconds."
    ),
    ErrorCode.PROVISION_FAILED: "Pipeline provision failed: {reason}",
    ErrorCode.CHECK_FAILED: (
        "Pipeline check failed: compute and/or storage resources encountered a fatal error.\n\n{reason}"
    ),
    ErrorCode.INVALID_RESPONSE: "The pipeline's process answered what the contract does not allow: {reason}",
    ErrorCode.SUSPEND_FAILED: (
        "The pipeline was stopped without a new checkpoint, because it could not make one: {reason}"
    ),
    ErrorCode.SUSPEND_TIMEOUT: (
        "The graceful stop made no checkpoint within stop.timeoutSeconds ({seconds}s), and stop.onTimeout is"
        " Force: the pipeline was stopped without one. Last seen: {seen}."
    ),
}


def build_error(code: ErrorCode, details: dict[str, Any] | None = None, **values: Any) -> ErrorStatus:
    """The catalogue's entry for ``code`` with its fields filled in."""
    message = bounded(MESSAGES[code].format(**values))
    return ErrorStatus(message=message, error_code=code, details=details or {})
