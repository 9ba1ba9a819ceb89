"""``Pipeline.status.elements``: where each element of a batch pipeline is, in 300 bytes each at most.

A thousand of them have to fit into one object, which etcd and the API server bound.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import orjson
from pydantic import Field

from sluice.api.model import ApiModel
from sluice.api.timing import Time

ELEMENT_MAX_BYTES: Final = 299
"""Of one element as JSON, in UTF-8."""
CUT: Final = "…"


class BatchStatus(StrEnum):
    """``deploymentStatus`` of a batch pipeline and ``status`` of each element, as in seed 003."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"


TERMINAL: Final = frozenset({BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.CANCELED})


class ElementErrorCode(StrEnum):
    """Why an element, and with it a run, has failed: the codes of seed 003."""

    CONFIGURATION_ERROR = "CONFIGURATION_ERROR"
    """The cluster calls the spec invalid, or a Secret, a ConfigMap or an image is missing."""
    MODEL_ERROR = "MODEL_ERROR"
    """The element says so: exit code 65, or its termination message."""
    SOLVER_ERROR = "SOLVER_ERROR"
    """The element says so: exit code 70, or its termination message."""
    EXECUTION_TIMEOUT = "EXECUTION_TIMEOUT"
    """``timeoutSeconds`` were over."""
    SUBMISSION_FAILED = "SUBMISSION_FAILED"
    """The cluster kept refusing it for reasons that are not the spec's: a quota, a webhook."""
    INTERNAL_ERROR = "INTERNAL_ERROR"
    """Everything else."""


class ProgressStatus(ApiModel):
    """What an element reported of itself while it ran."""

    percent: int | None = Field(default=None, description="How much of it is done, 0 to 100.")
    message: str | None = Field(default=None, description="What it said, cut where there is no room.")
    checkpoint: str | None = Field(default=None, description="The checkpoint that it made last.")


class ElementStatus(ApiModel):
    """Where one element is."""

    name: str = Field(description="Name of the element.")
    status: str = Field(
        default=BatchStatus.PENDING.value,
        description="Pending (it waits for others, for its turn, or for its container), Running, Completed,"
        " Failed or Canceled (also what was never started).",
    )
    error: str | None = Field(
        default=None,
        description="Why it failed or was canceled: its own last words, cut where there is no room.",
    )
    error_code: str | None = Field(
        default=None,
        description="CONFIGURATION_ERROR, MODEL_ERROR, SOLVER_ERROR, EXECUTION_TIMEOUT, SUBMISSION_FAILED or"
        " INTERNAL_ERROR.",
    )
    retries: int | None = Field(default=None, description="How often it was tried again.")
    submitted_at: Time | None = Field(
        default=None, description="When it was decided to start it; its Job is made after that."
    )
    started_at: Time | None = Field(default=None, description="When its container began to run.")
    finished_at: Time | None = Field(default=None, description="When it ended.")
    progress: ProgressStatus | None = Field(default=None, description="What it reported of itself.")

    @property
    def is_over(self) -> bool:
        """Whether it is in one of the states that nothing leads out of in this run."""
        return self.status in TERMINAL

    @property
    def is_under_way(self) -> bool:
        """Whether it was started and has not ended: it takes one of the places."""
        return self.submitted_at is not None and not self.is_over


class ElementCountsStatus(ApiModel):
    """How many elements are where."""

    total: int = Field(default=0, description="All elements of the run.")
    pending: int = Field(default=0, description="Those that wait.")
    running: int = Field(default=0, description="Those that run.")
    completed: int = Field(default=0, description="Those that are done.")
    failed: int = Field(default=0, description="Those that failed.")
    canceled: int = Field(default=0, description="Those that were canceled or never started.")


def size_of(element: ElementStatus) -> int:
    """Bytes of the element as it stands in the object."""
    return len(orjson.dumps(element.model_dump(by_alias=True, exclude_none=True, mode="json")))


def fitted(element: ElementStatus) -> ElementStatus:
    """The element with its texts cut to what :data:`ELEMENT_MAX_BYTES` leave room for.

    What matters least goes first: what it said of its progress, its checkpoint, then the end of its error.
    """
    if size_of(element) <= ELEMENT_MAX_BYTES:
        return element
    progress = element.progress
    if progress is not None and progress.message:
        bare = element.model_copy(update={"progress": progress.model_copy(update={"message": None})})
        return _with_room(bare, progress.message, _set_message)
    if progress is not None:
        return fitted(element.model_copy(update={"progress": None}))
    if element.error:
        return _with_room(element.model_copy(update={"error": None}), element.error, _set_error)
    return element


def _set_message(element: ElementStatus, text: str) -> ElementStatus:
    progress = (element.progress or ProgressStatus()).model_copy(update={"message": text})
    return element.model_copy(update={"progress": progress})


def _set_error(element: ElementStatus, text: str) -> ElementStatus:
    return element.model_copy(update={"error": text})


Setter = Callable[[ElementStatus, str], ElementStatus]


def _with_room(bare: ElementStatus, text: str, put: Setter) -> ElementStatus:
    """``bare`` with as much of ``text`` as fits. What JSON escapes is longer there than it looks."""
    low, high = 0, min(len(text), ELEMENT_MAX_BYTES)
    while low < high:
        middle = (low + high + 1) // 2
        is_fitting = size_of(put(bare, text[:middle] + CUT)) <= ELEMENT_MAX_BYTES
        low, high = (middle, high) if is_fitting else (low, middle - 1)
    return put(bare, text[:low] + CUT) if low else fitted(bare)
