"""What happens when the program is not the one that made the checkpoint to resume from."""

from collections.abc import Callable
from typing import Any

from sluice.runtime.arguments import AWAIT_APPROVAL, REJECT
from sluice.runtime.checkpoint import Checkpoint, fingerprint
from sluice.runtime.errors import StartupError
from sluice.runtime.lifecycle import RuntimeStatus
from sluice.runtime.log import log
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import Memory


def has_changed(resume_point: Checkpoint | None, version: str) -> bool:
    """Whether another program made the checkpoint; without one there is nothing to differ from."""
    return resume_point is not None and resume_point.fingerprint != fingerprint(version)


def approval_diff(resume_point: Checkpoint, version: str) -> dict[str, Any]:
    """Return what changed, for whoever has to approve of it."""
    return {
        "checkpoint": resume_point.uuid,
        "program": {
            "from": {"version": resume_point.version, "fingerprint": resume_point.fingerprint},
            "to": {"version": version, "fingerprint": fingerprint(version)},
        },
    }


def settle(
    resume_point: Checkpoint,
    version: str,
    memory: Memory,
    state: RuntimeState,
    wait: Callable[[], None],
) -> None:
    """Return once the changed program may restore ``resume_point``; raise ``StartupError`` if it never may.

    An approval is stored under the fingerprint that it was given for, so that an automatic restart does not
    ask again, and yet another program does.
    """
    policy, own = memory.status.bootstrap_policy, fingerprint(version)
    change = f"from version {resume_point.version!r} to {version!r}"
    if policy == REJECT:
        raise StartupError(
            "BootstrapRejected",
            f"The program changed {change} since checkpoint {resume_point.uuid}, "
            "and the bootstrap policy is to reject that.",
        )
    if policy == AWAIT_APPROVAL and memory.status.approved_fingerprint != own:
        log("approval_awaited", checkpoint=resume_point.uuid, change=change)
        state.explain(f"the program changed {change}; waiting for an approval")
        state.await_approval(
            approval_diff(resume_point, version), lambda: memory.change(approved_fingerprint=own)
        )
        while not state.facts.approved:
            wait()
        log("approved", change=change)
    state.explain(f"the program changed {change}; restoring checkpoint {resume_point.uuid}")
    state.become(RuntimeStatus.BOOTSTRAPPING)
