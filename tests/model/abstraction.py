"""From the explored world to the real arguments of ``decide``, and from its real answer back."""

from datetime import datetime, timedelta
from functools import cache

from sluice.api.status import ErrorStatus, PipelineStatus, StopStatus, StorageDetailsStatus
from sluice.api.statuses import ResourcesDesiredStatus, ResourcesStatus, StorageStatus
from sluice.api.timing import next_time
from sluice.decide.release import RELEASE_SECONDS

from . import parts
from .setting import SCHEDULE, Setting
from .variants import SIZES, numbers, revisions
from .wanting import GENERATION
from .words import AHEAD, NOW, OLD, PRESENT, before, checkpoints_listed, identifier, number_of, surplus_in
from .words import word_of as _word
from .world import Status

LONG_AGO = NOW - timedelta(hours=2)
WITH_COMPUTE = (ResourcesStatus.PROVISIONING, ResourcesStatus.PROVISIONED)
OLD_ERROR = ErrorStatus(message="an error of the past", error_code="Old")


@cache
def concrete(status: Status, setting: Setting) -> PipelineStatus:
    """A real status that means the same."""
    with_compute = status.resources in WITH_COMPUTE
    desired = ResourcesDesiredStatus.PROVISIONED if with_compute else ResourcesDesiredStatus.STOPPED
    listed = checkpoints_listed(status.newest, status.surplus, setting)
    details = StorageDetailsStatus(checkpoints=list(listed))
    is_clearing = status.storage == StorageStatus.CLEARING
    return PipelineStatus(
        deployment_resources_status=status.resources or None,
        deployment_resources_status_since=_concrete_since(status),
        deployment_resources_desired_status=desired if status.resources else None,
        deployment_runtime_status=status.shown or None,
        deployment_id=identifier("start", status.start),
        deployment_initial=status.initial or None,
        deployment_error=OLD_ERROR if status.has_error else None,
        deployment_start_from=status.start_from or None,
        last_start_from=status.taken or None,
        bootstrap_policy=status.bootstrap or None,
        held_generation={"": None, PRESENT: GENERATION, OLD: GENERATION - 1}[status.held],
        run_number=status.run,
        runtime=parts.concrete_runtime(status.runtime),
        stop=parts.concrete_stop(status.stop, _given_up_for(status)),
        restart=parts.concrete_restart(status.restart),
        storage_status_details=details if listed or (status.is_listed and is_clearing) else None,
        storage_cleared_time=NOW if status.is_listed and not is_clearing else None,
        storage_status=status.storage or None,
        storage_claim="claim" if status.is_claimed else None,
        storage_size=SIZES[status.size - 1] if status.size else None,
        revision=revisions(setting)[status.revision - 1] if status.revision else None,
        last_schedule_time=NOW if status.due == AHEAD else None,
        checkpointing=parts.concrete_checkpointing(status.checkpointing),
        maintenance=parts.concrete_maintenance(status.maintenance),
        override=parts.concrete_override(status.override),
        requests=[parts.concrete_request(entry) for entry in status.requests],
    )


def _concrete_since(status: Status) -> datetime | None:
    if status.due:
        return LONG_AGO
    return before(OLD if status.is_overdue else PRESENT, parts.PROVISIONING_SECONDS)


def _given_up_for(status: Status) -> str | None:
    if not status.is_given_up:
        return None
    return f"{GENERATION}:token-{status.given_up_token}" if status.given_up_token else str(GENERATION)


def abstract(status: PipelineStatus, setting: Setting) -> Status:
    """What of a real status can matter later. The opposite of ``concrete``.

    What the next start replaces unread is left out as soon as the run is over.
    """
    resources = status.deployment_resources_status or ""
    is_starting, has_compute = resources == ResourcesStatus.PROVISIONING, resources in WITH_COMPUTE
    is_serving, held = resources == ResourcesStatus.PROVISIONED, status.held_generation
    is_clearing = status.storage_status == StorageStatus.CLEARING
    details = status.storage_status_details
    listed = details.checkpoints if details else []
    shown = status.deployment_runtime_status if is_serving else None
    restart = parts.abstract_restart(
        status.restart, setting.restart.max_restarts or 1, is_starting=is_starting
    )
    given_up = _abstract_given_up(status.stop)
    return Status(
        resources=str(resources),
        shown=str(shown or ""),
        start=number_of(status.deployment_id),
        initial=str(status.deployment_initial or ""),
        has_error=status.deployment_error is not None,
        held="" if held is None else PRESENT if held == GENERATION else OLD,
        run=status.run_number,
        runtime=parts.abstract_runtime(status.runtime),
        stop=parts.abstract_stop(status.stop, is_suspending=has_compute),
        restart=restart if has_compute else None,
        is_overdue=_is_overdue(status),
        newest=number_of(listed[-1].uuid if listed else None),
        storage=str(status.storage_status or ""),
        revision=numbers(setting)[status.revision] if status.revision else 0,
        surplus=surplus_in(listed, setting),
        is_listed=(is_clearing and details is not None and not listed)
        or status.storage_cleared_time is not None,
        is_claimed=status.storage_claim is not None,
        size=SIZES.index(status.storage_size) + 1 if status.storage_size else 0,
        start_from=(status.deployment_start_from or "") if has_compute else "",
        taken=status.last_start_from or "",
        bootstrap=(status.bootstrap_policy or "") if has_compute else "",
        due=_abstract_due(status, setting) if is_serving else "",
        is_given_up=given_up is not None,
        given_up_token=given_up or 0,
        checkpointing=parts.abstract_checkpointing(status.checkpointing),
        maintenance=parts.abstract_maintenance(status.maintenance),
        override=parts.abstract_override(status.override),
        requests=parts.abstract_requests(status.requests),
    )


def _is_overdue(status: PipelineStatus) -> bool:
    """Whether the limit has passed that the state machine has for being where it is, where it has one."""
    limits = {
        ResourcesStatus.PROVISIONING: parts.PROVISIONING_SECONDS,
        ResourcesStatus.STOPPED: RELEASE_SECONDS,
    }
    limit = next(
        (seconds for at, seconds in limits.items() if at == status.deployment_resources_status), None
    )
    return limit is not None and _word(status.deployment_resources_status_since, limit) == OLD


def _abstract_given_up(stop: StopStatus | None) -> int | None:
    """The token of the wish that was given up, 0 for that of the spec; of earlier wishes nothing is left."""
    if stop is None or stop.given_up_for is None:
        return None
    generation, _, token = stop.given_up_for.partition(":")
    return number_of(token) if generation == str(GENERATION) else None


def _abstract_due(status: PipelineStatus, setting: Setting) -> str:
    since = status.deployment_resources_status_since
    if "schedule" not in setting.happens or since is None:
        return ""
    due = next_time(SCHEDULE, max(since, status.last_schedule_time or since))
    return PRESENT if due is not None and due <= NOW else AHEAD
