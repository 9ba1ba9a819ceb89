"""The statuses of the contract and which of them may follow which, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.runtime.errors import StartupError


class RuntimeStatus(StrEnum):
    """What this process is doing. The contract knows more; these are the ones this SDK can be in."""

    INITIALIZING = "Initializing"
    STANDBY = "Standby"
    AWAITING_APPROVAL = "AwaitingApproval"
    BOOTSTRAPPING = "Bootstrapping"
    PAUSED = "Paused"
    RUNNING = "Running"
    SUSPENDED = "Suspended"


class Desired(StrEnum):
    """What somebody asked this process to be."""

    UNAVAILABLE = "Unavailable"
    COORDINATION = "Coordination"
    STANDBY = "Standby"
    PAUSED = "Paused"
    RUNNING = "Running"
    SUSPENDED = "Suspended"


MAY_TRANSITION: Final[Mapping[Desired, frozenset[Desired]]] = {
    Desired.STANDBY: frozenset({Desired.PAUSED, Desired.RUNNING}),
    Desired.PAUSED: frozenset({Desired.RUNNING, Desired.SUSPENDED}),
    Desired.RUNNING: frozenset({Desired.PAUSED, Desired.SUSPENDED}),
    Desired.SUSPENDED: frozenset(),
}
"""By request while the process lives. Staying as one is, is always allowed and not listed."""

MAY_START_AS: Final[Mapping[Desired, frozenset[Desired]]] = {
    **MAY_TRANSITION,
    Desired.SUSPENDED: frozenset({Desired.PAUSED, Desired.RUNNING}),
}
"""From the status that the storage remembers to the initial one of a new start."""

SERVED_AS_INITIAL: Final = frozenset({Desired.PAUSED, Desired.RUNNING, Desired.STANDBY})
STANDBY_NOT_ALLOWED: Final = (
    "Initial desired runtime status can only be set to Standby if: (1) `runtime_config.storage.backend.name` "
    "is set to `file`, and (2) `runtime_config.storage.backend.config.sync` is configured."
)
"""The contract's own words: here they mean a storage directory and the URL of an object store."""


def may_transition(current: Desired, target: Desired) -> bool:
    """Whether a request may move the desired status of a living process."""
    return current is target or target in MAY_TRANSITION.get(current, frozenset())


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the storage says about the process before this one."""

    deployment_id: str
    desired: Desired
    suspended_durably: bool
    """The newest durable checkpoint is the result of that deployment's suspend."""


@dataclass(frozen=True, slots=True)
class Start:
    """How this process begins."""

    desired: Desired
    automatic_restart: bool
    already_suspended: bool = False


def decide_start(
    remembered: Remembered | None, deployment_id: str, initial: Desired, *, can_stand_by: bool
) -> Start:
    """Decide between an automatic restart and a new start; raise ``StartupError`` when neither is legal.

    A restart after a suspend is illegal in the contract, because a stored Suspended does not tell whether the
    checkpoint was finished. Here the checkpoint itself tells, so a finished suspend stays one.
    """
    if remembered is not None and remembered.deployment_id == deployment_id:
        desired = remembered.desired
        if desired is Desired.SUSPENDED and remembered.suspended_durably:
            return Start(desired, automatic_restart=True, already_suspended=True)
        _require_served(desired, can_stand_by=can_stand_by)
        return Start(desired, automatic_restart=True)

    if remembered is not None and not _may_start_as(remembered.desired, initial):
        raise StartupError(
            "InvalidStartupTransition",
            f"Invalid pipeline startup transition from {remembered.desired} to {initial}",
        )
    _require_served(initial, can_stand_by=can_stand_by)
    return Start(initial, automatic_restart=False)


def _may_start_as(stored: Desired, initial: Desired) -> bool:
    return (
        initial is Desired.COORDINATION
        or stored is initial
        or initial in MAY_START_AS.get(stored, frozenset())
    )


def _require_served(desired: Desired, *, can_stand_by: bool) -> None:
    if desired is Desired.STANDBY and not can_stand_by:
        raise StartupError("InitialStandbyNotAllowed", STANDBY_NOT_ALLOWED)
    if desired in SERVED_AS_INITIAL:
        return
    if desired is Desired.COORDINATION:
        raise StartupError(
            "UnsupportedInitialStatus", "This runtime runs in one process and takes part in no coordination."
        )
    raise StartupError(
        "InvalidInitialStatus",
        f"Invalid initial status {desired} provided on command line or read from storage "
        "(only coordination, running, paused, and standby are valid)",
    )
