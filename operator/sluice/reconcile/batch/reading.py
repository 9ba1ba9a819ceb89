"""What is read of an element's pod: the end of its log, its progress, and what became of its hook."""

import math
from collections.abc import Sequence
from typing import Final

import orjson

from sluice.api.element_status import ProgressStatus
from sluice.api.json_values import as_object
from sluice.batch_observation import HookRun
from sluice.contract import PROGRESS_MAX_BYTES
from sluice.kube import ApiError, ApiUnreachableError, Kube, Tail, execute, paths
from sluice.manifests import TAIL_MAX_BYTES
from sluice.manifests.job import PROGRESS_FILE
from sluice.store import ElementPodRecord

TAIL_LINES: Final = 40
TAIL_SECONDS: Final = 5.0
FOLLOW_SECONDS: Final = 660.0
"""Longer than most graces: a pod that is being deleted is read until it ends."""
PROGRESS_SECONDS: Final = 3.0
TEXT_MAX_LENGTH: Final = 128
OK: Final = 200


async def read_tail(kube: Kube, record: ElementPodRecord) -> str:
    """The end of the log of a container that ended; empty where there is none to be had."""
    path = _log_path(record)
    try:
        status, content = await kube.raw("GET", path, TAIL_SECONDS)
    except (ApiError, ApiUnreachableError):
        return ""
    tail = Tail(TAIL_MAX_BYTES)
    tail.add(content)
    return str(tail) if status == OK else ""


async def follow_tail(kube: Kube, record: ElementPodRecord) -> str:
    """The same of one that is about to end: its pod may be gone before anybody can ask again."""
    tail = Tail(TAIL_MAX_BYTES)
    try:
        async with kube.stream(_log_path(record, is_followed=True), FOLLOW_SECONDS) as (status, pieces):
            if status != OK:
                return ""
            async for piece in pieces:
                tail.add(piece)
    except (ApiError, ApiUnreachableError):
        pass
    return str(tail)


def _log_path(record: ElementPodRecord, *, is_followed: bool = False) -> str:
    return paths.pod_log(
        record.place.owner.namespace,
        record.pod.name,
        container=record.container,
        tailLines=TAIL_LINES,
        follow=True if is_followed else None,
    )


async def read_progress(kube: Kube, record: ElementPodRecord) -> ProgressStatus | None:
    """What the element wrote of its progress, if it wrote anything that can be understood."""
    place = record.place.owner.namespace, record.pod.name, record.container
    done = await execute(kube, *place, ("cat", PROGRESS_FILE), PROGRESS_SECONDS)
    return parse_progress(done.output) if done.code == 0 else None


def parse_progress(text: str) -> ProgressStatus | None:
    """A report of progress. An element is not to be trusted: what it says may have any type and size."""
    if len(text) > PROGRESS_MAX_BYTES:
        return None
    try:
        fields = as_object(orjson.loads(text))
    except orjson.JSONDecodeError:
        return None
    percent, message, checkpoint = (fields.get(name) for name in ("percent", "message", "checkpoint"))
    found = ProgressStatus(
        percent=_percent(percent),
        message=message[:TEXT_MAX_LENGTH] if isinstance(message, str) and message else None,
        checkpoint=checkpoint[:TEXT_MAX_LENGTH] if isinstance(checkpoint, str) and checkpoint else None,
    )
    return None if found == ProgressStatus() else found


def _percent(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return max(0, min(100, int(value)))


async def run_hook(kube: Kube, record: ElementPodRecord, command: Sequence[str], seconds: int) -> HookRun:
    """Run the hook of an element that is to be canceled."""
    place = record.place.owner.namespace, record.pod.name, record.container
    done = await execute(kube, *place, command, seconds)
    if done.code == 0:
        return HookRun(is_over=True)
    how = done.problem if done.code is None else f"exit code {done.code}"
    said = f": {done.output}" if done.output else ""
    return HookRun(is_over=True, problem=f"canceled; its hook made no checkpoint, {how}{said}")
