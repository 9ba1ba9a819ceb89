"""Errors as the contract spells them: a status code and ``{"message", "error_code", "details"}``."""

from dataclasses import dataclass, field
from typing import Any

MAX_ERROR_TEXT_BYTES = 2048


def clip(text: str, limit: int = MAX_ERROR_TEXT_BYTES) -> str:
    """Bound a text that foreign code chose: it ends up in a status, an event and a termination message."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return encoded.decode()
    return encoded[: limit - 3].decode(errors="ignore") + "..."


def describe_exception(error: BaseException) -> str:
    """One bounded line: the type always, the text when there is one."""
    text = " ".join(str(error).split())
    return clip(f"{type(error).__name__}: {text}" if text else type(error).__name__)


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The one shape in which this process reports an error, over HTTP and in its last words."""

    message: str
    error_code: str
    details: Any = field(default_factory=dict[str, Any])
    """An object, also an empty one: readers of the contract decode it as such."""

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"message": self.message, "error_code": self.error_code, "details": self.details}


class ContractError(Exception):
    """A request that the contract refuses."""

    def __init__(self, status: int, error_code: str, message: str, details: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = ErrorBody(clip(message), error_code, {} if details is None else details)


class StartupError(Exception):
    """This process cannot start on this storage with these arguments."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(message)
        self.error_code = error_code


class JobError(Exception):
    """The job's own code raised; the cause is attached."""


class StorageError(Exception):
    """The storage answered something that no retry within this life can mend."""


class FencedError(Exception):
    """The storage belongs to somebody else: this process must not write another byte to it."""


def initialization_error(error_code: str, message: str) -> ErrorBody:
    """Wrap the cause as the contract does, so that ``error_code`` tells the phase and details the cause."""
    return ErrorBody(
        message=clip("Operation failed because the pipeline failed to initialize. Error details: " + message),
        error_code="InitializationError",
        details={"error": {"error_code": error_code, "message": clip(message)}},
    )


def worker_panic(error: BaseException) -> ErrorBody:
    """Report an exception of the job's code under the code which the operator knows for it."""
    place: dict[str, Any] = {}
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is not None:
        code = trace.tb_frame.f_code
        place = {"file": code.co_filename, "line": trace.tb_lineno, "function": code.co_name}
    return ErrorBody(
        message=clip(f"The job failed: {describe_exception(error)}"),
        error_code="RuntimeError.WorkerPanic",
        details=place,
    )


STORAGE_REQUIRED = "StorageRequired"
STORAGE_REQUIRED_TEXT = "Storage must be configured"


def storage_required() -> ErrorBody:
    """Return the one permanent reason for which this SDK cannot checkpoint."""
    return ErrorBody(
        message="The pipeline does not support checkpointing for the following reasons: "
        + STORAGE_REQUIRED_TEXT,
        error_code="SuspendError",
        details={"Permanent": [STORAGE_REQUIRED]},
    )
