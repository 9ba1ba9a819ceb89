"""``/start`` (seed 001, reference 1.3): what is refused, in which order, and what a start asks for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.api.errors import STOPPING_HINT, ErrorCode
from sluice.api.statuses import (
    DesiredStatus,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    StorageStatus,
)
from sluice.gateway.errors import refusal
from sluice.gateway.outcome import Ask, Outcome, override
from sluice.gateway.picture import ENDING, Picture

STARTING: Final = "Pipeline is starting"
INITIALS: Final = {
    "running": DesiredStatus.RUNNING,
    "paused": DesiredStatus.PAUSED,
    "standby": DesiredStatus.STANDBY,
}


class BootstrapPolicyName(StrEnum):
    """Spelled as the published API spells them (reference 1.1)."""

    ALLOW = "allow"
    REJECT = "reject"
    AWAIT_APPROVAL = "await_approval"


@dataclass(frozen=True, slots=True)
class StartParameters:
    """The query of a start."""

    initial: str = "running"
    bootstrap_policy: BootstrapPolicyName | None = None
    dismiss_error: bool = True
    silent_bootstrap: bool = False
    concurrent_bootstrap: bool = False


def check_start(parameters: StartParameters) -> DesiredStatus:
    """What can be refused without a look at the pipeline; returns what it is to become."""
    initial = INITIALS.get(parameters.initial)
    if initial is None:
        given = parameters.initial[:64]
        raise refusal(
            ErrorCode.UNSUPPORTED_ACTION,
            action=f"/start?initial={given}",
            reason=f"unknown initial runtime desired status: {given}",
        )
    check_bootstrap(silent=parameters.silent_bootstrap, concurrent=parameters.concurrent_bootstrap)
    return initial


def check_bootstrap(*, silent: bool, concurrent: bool) -> None:
    """How a changed program is brought up is not for the caller to choose here."""
    if silent and concurrent:
        raise refusal(ErrorCode.INVALID_BOOTSTRAP)
    if silent or concurrent:
        raise refusal(
            ErrorCode.NOT_SUPPORTED,
            what="Sluice has neither silent nor concurrent bootstrapping: leave the parameter out.",
        )


def start(picture: Picture, parameters: StartParameters) -> Outcome:
    """Start, or find that it is started already."""
    initial = check_start(parameters)
    _refuse_while_stopping(picture)
    _refuse_with_error(picture, parameters)
    _refuse_another_start(picture, initial, parameters)
    _refuse_what_it_cannot_be(picture, initial, parameters)
    if picture.resources_desired is ResourcesDesiredStatus.PROVISIONED or picture.is_rolling:
        return Outcome(STARTING)
    asks = [override(picture, initial)]
    if picture.is_held:
        # An override alone leaves a pipeline stopped that ended by itself.
        asks.append(Ask(RequestVerb.RESTART))
    return Outcome(STARTING, asks=tuple(asks))


def _refuse_while_stopping(picture: Picture) -> None:
    is_over = picture.resources is ResourcesStatus.STOPPED and not picture.is_deleting
    if picture.desired in ENDING and not is_over and not picture.is_rolling:
        raise refusal(
            ErrorCode.ILLEGAL_ACTION,
            status=picture.resources.value,
            current_desired_status=ResourcesDesiredStatus.STOPPED.value,
            new_desired_status=ResourcesDesiredStatus.PROVISIONED.value,
            hint=STOPPING_HINT,
        )


def _refuse_with_error(picture: Picture, parameters: StartParameters) -> None:
    if picture.error is not None and not parameters.dismiss_error:
        raise refusal(ErrorCode.UNDISMISSED_ERROR)
    if picture.storage is StorageStatus.CLEARING:
        raise refusal(ErrorCode.START_WHILE_CLEARING)


def _refuse_another_start(picture: Picture, initial: DesiredStatus, parameters: StartParameters) -> None:
    """Of a pipeline that is started already."""
    present = picture.wanted.value if picture.is_rolling else picture.initial
    if present is not None and present != initial:
        raise refusal(ErrorCode.INITIAL_IMMUTABLE)
    policy = parameters.bootstrap_policy
    if policy is not None and picture.bootstrap_policy not in (None, policy.value):
        raise refusal(ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE)


def _refuse_what_it_cannot_be(picture: Picture, initial: DesiredStatus, parameters: StartParameters) -> None:
    if initial is DesiredStatus.STANDBY and not picture.has_sync:
        raise refusal(ErrorCode.STANDBY_NOT_ALLOWED)
    if initial is not DesiredStatus.RUNNING and not picture.can_pause:
        raise refusal(
            ErrorCode.UNSUPPORTED_ACTION,
            action=f"/start?initial={parameters.initial}",
            reason="Flink can neither pause a job nor keep one in standby",
        )
    policy = parameters.bootstrap_policy
    if policy is not None and picture.bootstrap_policy is None and policy.value != picture.declared_policy:
        raise refusal(
            ErrorCode.NOT_SUPPORTED,
            what=f"The pipeline's manifest says bootstrapPolicy {picture.declared_policy}, and the gateway"
            " never changes a manifest: change spec.bootstrapPolicy, or leave the parameter out.",
        )
