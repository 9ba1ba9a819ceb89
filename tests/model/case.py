"""One decision with everything that a rule may ask about it."""

from collections.abc import Callable
from typing import NamedTuple

from sluice.api.statuses import ResourcesStatus
from sluice.decide import Decision
from sluice.observation import Intent, Observed

from .abstraction import OLD_ERROR
from .seeing import Seen
from .world import Do, Status, User

STOPPED, PROVISIONING, PROVISIONED, STOPPING = (
    ResourcesStatus.STOPPED,
    ResourcesStatus.PROVISIONING,
    ResourcesStatus.PROVISIONED,
    ResourcesStatus.STOPPING,
)


LASTING = frozenset({"CreatePod", "DeletePod", "DeleteClaim", "RemoveFinalizer"})
"""Actions that cannot be taken back."""


class Case(NamedTuple):
    """One decision, with what it was made on."""

    user: User
    before: Status
    seen: Seen
    after: Status
    decision: Decision
    todo: tuple[Do, ...]
    intent: Intent
    observed: Observed
    again: tuple[Do, ...]
    """What is decided on the stored status when the operator was killed before the first action."""

    def does(self, kind: type) -> bool:
        """Whether the decision has an action of this kind."""
        return any(isinstance(action, kind) for action in self.decision.actions)

    @property
    def is_stop_wanted(self) -> bool:
        return self.user.is_deleting or self.user.desired == "Stopped"

    @property
    def is_force_wanted(self) -> bool:
        spec = self.intent.spec
        is_discarded = spec is not None and not spec.checkpoint.before_delete
        return (self.user.force and self.is_stop_wanted) or (self.user.is_deleting and is_discarded)

    @property
    def has_new_error(self) -> bool:
        """Whether this decision records an error that was not there before."""
        error = self.decision.status.deployment_error
        return error is not None and error != OLD_ERROR

    @property
    def is_begun(self) -> bool:
        """Whether this decision begins a start."""
        return self.before.resources in ("", STOPPED) and self.after.resources == PROVISIONING


Rule = Callable[[Case], str | None]
"""Nothing, or what is wrong with the decision."""
