"""Why an element failed: Kubernetes' reason, its exit code, and its own last words."""

from typing import Final

import orjson

from sluice.api.batch import ElementSpec
from sluice.api.element_status import ElementErrorCode
from sluice.api.json_values import as_object
from sluice.batch_observation import ElementPod, ElementSeen, Job
from sluice.contract import EXIT_MODEL_ERROR, EXIT_SOLVER_ERROR

DEADLINE_EXCEEDED: Final = "DeadlineExceeded"
CODES_BY_EXIT: Final = {
    EXIT_MODEL_ERROR: ElementErrorCode.MODEL_ERROR,
    EXIT_SOLVER_ERROR: ElementErrorCode.SOLVER_ERROR,
}
DECLARABLE: Final = frozenset(
    {
        ElementErrorCode.CONFIGURATION_ERROR,
        ElementErrorCode.MODEL_ERROR,
        ElementErrorCode.SOLVER_ERROR,
        ElementErrorCode.INTERNAL_ERROR,
    }
)
"""What an element can say of itself; the others are the cluster's to say."""


def explain_failure(job: Job, found: ElementSeen, spec: ElementSpec) -> tuple[ElementErrorCode, str]:
    """Code and words of a Job that has failed."""
    pod = found.last_pod
    declared, words = read_words(pod.message if pod else "")
    words = words or found.tail
    if job.reason == DEADLINE_EXCEEDED:
        limit = f"it had not ended after {spec.timeout_seconds} s (timeoutSeconds)"
        return ElementErrorCode.EXECUTION_TIMEOUT, f"{limit}: {words}" if words else limit
    code = declared or CODES_BY_EXIT.get(pod.exit_code if pod and pod.exit_code is not None else 0)
    if code is not None:
        return code, words or _how_it_ended(job, pod)
    how = _how_it_ended(job, pod)
    return ElementErrorCode.INTERNAL_ERROR, f"{how}: {words}" if words else how


def _how_it_ended(job: Job, pod: ElementPod | None) -> str:
    if pod is None or pod.exit_code is None:
        reason = (pod.exit_reason if pod else "") or job.reason
        return f"{reason}: {job.message}" if job.message else reason or "its pod is gone"
    told = "" if pod.exit_reason in ("", "Error") else f" ({pod.exit_reason})"
    return f"exit code {pod.exit_code}{told}"


def read_words(message: str) -> tuple[ElementErrorCode | None, str]:
    """A termination message: an error in JSON, ``{"errorCode": ..., "message": ...}``, or plain words."""
    try:
        fields = as_object(orjson.loads(message))
    except orjson.JSONDecodeError:
        return None, message.strip()
    given, said = fields.get("errorCode"), fields.get("message")
    code = ElementErrorCode(given) if given in DECLARABLE else None
    return code, said.strip() if isinstance(said, str) else "" if code else message.strip()
