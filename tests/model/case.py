"""One decision with everything that a rule may ask about it."""

from collections.abc import Callable
from typing import NamedTuple

from sluice.api.status import PipelineStatus, RequestStatus
from sluice.api.statuses import ResourcesStatus
from sluice.decide import CreatePod, Decision
from sluice.observation import Intent, Observed

from .abstraction import OLD_ERROR
from .seeing import Seen
from .setting import Setting
from .words import number_of
from .world import Do, Status, User

STOPPED, PROVISIONING, PROVISIONED, STOPPING = (
    ResourcesStatus.STOPPED,
    ResourcesStatus.PROVISIONING,
    ResourcesStatus.PROVISIONED,
    ResourcesStatus.STOPPING,
)


TURNED_DOWN = ("Refused", "Ignored")
"""Outcomes of a request for which nothing is done."""
ENDED = ("Succeeded", "Failed")
"""Outcomes of a request that was begun."""
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
    real: PipelineStatus
    """The real status that ``before`` stands for."""
    setting: Setting
    unasked: tuple[Status, tuple[Do, ...]] | None = None
    """What is decided without the requests that this decision refuses or ignores, where there are such."""

    def does(self, kind: type) -> bool:
        """Whether the decision has an action of this kind."""
        return any(isinstance(action, kind) for action in self.decision.actions)

    @property
    def is_given_up(self) -> bool:
        """Whether the stop that is wanted now was given up, as the policy allows."""
        return self._is_given_up_in(self.before)

    def _is_given_up_in(self, status: Status) -> bool:
        token = self.intent.override.token if self.intent.override else None
        return status.is_given_up and status.given_up_token == number_of(token)

    @property
    def is_stop_wanted(self) -> bool:
        return self._is_stop_wanted_in(self.before)

    @property
    def is_stop_wanted_then(self) -> bool:
        """The same with what this decision records."""
        return self._is_stop_wanted_in(self.after)

    def _is_stop_wanted_in(self, status: Status) -> bool:
        is_named = self.intent.desired_status == "Stopped"
        return self.user.is_deleting or (is_named and (self.intent.force or not self._is_given_up_in(status)))

    @property
    def is_force_wanted(self) -> bool:
        spec = self.intent.spec
        is_discarded = spec is not None and not spec.checkpoint.before_delete
        is_stop = self.user.is_deleting or self.intent.desired_status == "Stopped"
        return (self.intent.force and is_stop) or (self.user.is_deleting and is_discarded)

    @property
    def gives_up(self) -> bool:
        """Whether this decision ends a stop in order to go on."""
        before, after = self.before, self.after
        is_newly = after.is_given_up and not before.is_given_up
        is_up = before.resources in (PROVISIONING, PROVISIONED) and after.resources == PROVISIONING
        return is_up and (is_newly or (before.stop is not None and after.stop is None))

    @property
    def tries_again(self) -> bool:
        """Whether this decision restarts a process that could not make the checkpoint of a stop."""
        was_up, after = self.before.resources in (PROVISIONING, PROVISIONED), self.after
        is_declared = self.setting.stop.on_error != "Force" and not self.is_force_wanted
        is_again = (
            after.resources == PROVISIONING and after.run > self.before.run and not self.does(CreatePod)
        )
        return is_declared and was_up and is_again and (after.stop is not None or self.gives_up)

    @property
    def new_entries(self) -> list[RequestStatus]:
        """Requests that this decision records for the first time."""
        known = {(entry.verb, entry.token) for entry in self.real.requests}
        return [entry for entry in self.decision.status.requests if (entry.verb, entry.token) not in known]

    @property
    def newly_asked(self) -> set[str]:
        """Kinds of the requests that this decision takes up."""
        return {entry.verb for entry in self.new_entries if entry.state not in TURNED_DOWN}

    def outcomes_of(self, verb: str) -> set[str]:
        """Outcomes that this decision records for requests of one kind which were begun."""
        was_open = {(entry.verb, entry.token) for entry in self.real.requests if entry.state == "InProgress"}
        was_open |= {(entry.verb, entry.token) for entry in self.new_entries}
        return {
            entry.state
            for entry in self.decision.status.requests
            if entry.verb == verb and entry.state in ENDED and (verb, entry.token) in was_open
        }

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
