"""A pipeline as the published API knows it: the custom resource, and what was asked for and not yet taken.

A request is an annotation that the operator has to see first. Whoever made it must find it in the next answer
all the same (reference 4.2: the SDK's ``start`` gives up on a pipeline that still reads Stopped with an
error), so what is wanted is worked out here from the annotations, by the operator's own rule. As soon as the
operator has taken a request, its status is what counts.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sluice.api.element_status import BatchStatus
from sluice.api.json_values import Json, child, texts
from sluice.api.kinds import KINDS, PIPELINE, Kind
from sluice.api.overriding import STOPS, Wish, effective_wish, name_wish
from sluice.api.requests import Request, read_requests
from sluice.api.status import CheckpointStatus, ErrorStatus, PipelineStatus, StopStatus, read_status
from sluice.api.statuses import (
    BOOTSTRAP_POLICIES,
    BootstrapPolicy,
    CombinedDesiredStatus,
    DesiredStatus,
    RequestState,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    RuntimeStatus,
    StopCause,
    StorageStatus,
)
from sluice.gateway.naming import api_name
from sluice.gateway.words import ELSEWHERE, RUNTIME_DESIRED, known

ENDING: Final = (CombinedDesiredStatus.SUSPENDED, CombinedDesiredStatus.STOPPED)
"""What is wanted of a pipeline that is being stopped."""
ROLLS: Final = (StopCause.SPEC_CHANGED, StopCause.RESTART)
"""Causes of a stop that a start follows by itself."""


@dataclass(frozen=True)
class Picture:
    """One look at one pipeline."""

    body: Json
    status: PipelineStatus
    requests: tuple[Request, ...]
    wish: Wish

    @property
    def metadata(self) -> Json:
        """``metadata`` of the custom resource."""
        return child(self.body, "metadata")

    @property
    def kind(self) -> Kind:
        """Which custom resource it is."""
        return KINDS.get(str(self.body.get("kind")), PIPELINE)

    @property
    def object_name(self) -> str:
        """Name of the object in Kubernetes."""
        return str(self.metadata["name"])

    @property
    def name(self) -> str:
        """The name as the published API has it."""
        return api_name(self.metadata)

    @property
    def is_batch(self) -> bool:
        """Whether it is a graph of jobs, which has a lifecycle of its own."""
        return is_batch(self.spec)

    @property
    def uid(self) -> str:
        """The published API's id: both are UUIDs."""
        return str(self.metadata["uid"])

    @property
    def spec(self) -> Json:
        """What is declared."""
        return child(self.body, "spec")

    @property
    def is_deleting(self) -> bool:
        """Whether the object goes as soon as it is stopped."""
        return "deletionTimestamp" in self.metadata

    @property
    def is_gone(self) -> bool:
        """Whether it was deleted and only the object is still there: to the published API it is no more."""
        is_over = self.resources is ResourcesStatus.STOPPED
        if self.is_batch:
            is_over = self.status.deployment_status not in (BatchStatus.PENDING, BatchStatus.RUNNING)
        return self.is_deleting and is_over

    @property
    def speaks_feldera(self) -> bool:
        """Whether the process itself serves the contract's endpoints."""
        return "feldera" in self.spec

    @property
    def can_pause(self) -> bool:
        """Flink can neither pause a job nor keep one in standby."""
        return "flink" not in self.spec

    @property
    def has_sync(self) -> bool:
        """Whether there is an object store to follow."""
        return bool(child(child(self.spec, "storage"), "sync"))

    # --- What is wanted --------------------------------------------------------------------------------

    @cached_property
    def is_current(self) -> bool:
        """Whether the operator's status speaks of what is wanted now."""
        override = self.request(RequestVerb.OVERRIDE)
        is_seen = self.status.override is None if override is None else self._is_seen(override)
        return is_seen and self.status.observed_generation == self.metadata.get("generation", 0)

    @property
    def is_stop_wanted(self) -> bool:
        """Whether it is to be stopped: somebody asked for it, or the object is being deleted."""
        return self.is_deleting or self.wish.desired_status in STOPS

    @property
    def _is_stop_given_up(self) -> bool:
        """Whether this very wish was given up, because the process could make no checkpoint."""
        wish = name_wish(self.metadata.get("generation", 0), self.wish.override)
        return self.status.stop is not None and self.status.stop.given_up_for == wish

    @property
    def is_force_wanted(self) -> bool:
        """Whether it is to be stopped without a checkpoint."""
        return self.wish.force and self.wish.desired_status in STOPS

    @property
    def wanted(self) -> CombinedDesiredStatus:
        """The state that is wanted, where it is not a stop."""
        return known(CombinedDesiredStatus, self.wish.desired_status, CombinedDesiredStatus.RUNNING)

    @property
    def is_held(self) -> bool:
        """Whether it ended by itself and stays stopped until something is asked for."""
        if self.status.held_generation is None or self.status.held_generation != self.metadata.get(
            "generation"
        ):
            return False
        is_dismissed = self.status.deployment_error is not None and self.is_pending(RequestVerb.DISMISS_ERROR)
        return not is_dismissed and not self.is_pending(RequestVerb.RESTART)

    @property
    def is_start_due(self) -> bool:
        """Whether it is stopped and about to be started."""
        return not self.is_stop_wanted and self.resources is ResourcesStatus.STOPPED and not self.is_held

    @property
    def active_stop(self) -> StopStatus | None:
        """The stop under way."""
        stop = self.status.stop
        return stop if stop is not None and stop.finished_at is None else None

    @property
    def is_rolling(self) -> bool:
        """Whether the stop under way is one that a start follows by itself."""
        stop = self.active_stop
        return not self.is_stop_wanted and not self.is_held and stop is not None and stop.cause in ROLLS

    # --- The axes of the published API (reference 1.1) -------------------------------------------------

    @property
    def resources(self) -> ResourcesStatus:
        """``deployment_resources_status``."""
        said = self.status.deployment_resources_status
        return ResourcesStatus.STOPPED if said is None else known(ResourcesStatus, said, ELSEWHERE)

    @cached_property
    def desired(self) -> CombinedDesiredStatus:
        """``deployment_desired_status``: a graceful stop reads Suspended until it has its checkpoint."""
        if self.is_start_due:
            return self.wanted
        said = known(
            CombinedDesiredStatus, self.status.deployment_desired_status, CombinedDesiredStatus.STOPPED
        )
        is_said_of_it = said in ENDING or not self.is_stop_wanted or self._is_stop_given_up
        if self.is_current and is_said_of_it:
            return said
        if self.is_stop_wanted:
            return self._desired_of_stop()
        is_ending = self.resources in (ResourcesStatus.STOPPED, ResourcesStatus.STOPPING)
        return said if is_ending or self.active_stop is not None else self.wanted

    def _desired_of_stop(self) -> CombinedDesiredStatus:
        """Of a stop that the operator has not taken yet."""
        is_past = self.status.deployment_resources_desired_status == ResourcesDesiredStatus.STOPPED
        if self.is_force_wanted or is_past or self.resources is not ResourcesStatus.PROVISIONED:
            return CombinedDesiredStatus.STOPPED
        return CombinedDesiredStatus.SUSPENDED

    @property
    def resources_desired(self) -> ResourcesDesiredStatus:
        """``deployment_resources_desired_status``."""
        is_stopping = self.desired is CombinedDesiredStatus.STOPPED
        return ResourcesDesiredStatus.STOPPED if is_stopping else ResourcesDesiredStatus.PROVISIONED

    @property
    def runtime(self) -> RuntimeStatus | None:
        """``deployment_runtime_status``; a word that no client knows is as good as no answer."""
        if self.resources is not ResourcesStatus.PROVISIONED:
            return None
        return known(RuntimeStatus, self.status.deployment_runtime_status, RuntimeStatus.UNAVAILABLE)

    @property
    def runtime_desired(self) -> RuntimeStatus | None:
        """``deployment_runtime_desired_status``."""
        if self.resources is not ResourcesStatus.PROVISIONED:
            return None
        if not self.is_current and self.desired is not CombinedDesiredStatus.STOPPED:
            return RuntimeStatus(self.desired.value)
        said = self.status.deployment_runtime_desired_status
        return RuntimeStatus(said) if said in RUNTIME_DESIRED else RuntimeStatus.UNAVAILABLE

    @property
    def combined(self) -> str:
        """``deployment_status``. Suspending shows as what the process says, Completed as Stopped."""
        return (self.runtime or self.resources).value

    @property
    def initial(self) -> str | None:
        """``deployment_initial``: what the present start was asked to become."""
        if self.is_start_due:
            return self.wanted.value
        said = self.status.deployment_initial
        return said if said in RUNTIME_DESIRED else None

    @property
    def declared_policy(self) -> str:
        """``spec.bootstrapPolicy``, as the contract spells it."""
        given = self.spec.get("bootstrapPolicy")
        return BOOTSTRAP_POLICIES[known(BootstrapPolicy, given, BootstrapPolicy.AWAIT_APPROVAL)]

    @property
    def bootstrap_policy(self) -> str | None:
        """``bootstrap_policy`` of the present start."""
        if self.is_start_due:
            return self.declared_policy
        said = self.status.bootstrap_policy
        if said is None:
            return None
        return BOOTSTRAP_POLICIES[known(BootstrapPolicy, said, BootstrapPolicy.AWAIT_APPROVAL)]

    @property
    def error(self) -> ErrorStatus | None:
        """``deployment_error``, unless it was dismissed or a start replaces it."""
        is_stopped = self.resources is ResourcesStatus.STOPPED
        is_dismissed = is_stopped and self.is_pending(RequestVerb.DISMISS_ERROR)
        return None if self.is_start_due or is_dismissed else self.status.deployment_error

    @property
    def storage(self) -> StorageStatus:
        """``storage_status``."""
        said = known(StorageStatus, self.status.storage_status, StorageStatus.CLEARED)
        is_asked = self.is_pending(RequestVerb.CLEAR_STORAGE) and said is StorageStatus.IN_USE
        return StorageStatus.CLEARING if is_asked else said

    @property
    def checkpoints(self) -> list[CheckpointStatus] | None:
        """Of ``storage_status_details``; nothing while the storage is being cleared."""
        details = self.status.storage_status_details
        return None if details is None or self.storage is StorageStatus.CLEARING else details.checkpoints

    # --- Requests --------------------------------------------------------------------------------------

    def request(self, verb: RequestVerb) -> Request | None:
        """The request of this kind that the object carries and that is meant for it."""
        return next(
            (
                each
                for each in self.requests
                if each.verb is verb and each.problem is None and each.uid in (None, self.uid)
            ),
            None,
        )

    def is_pending(self, verb: RequestVerb) -> bool:
        """Whether such a request has no outcome yet."""
        request = self.request(verb)
        return request is not None and not self._is_recorded(request, is_open_too=False)

    def _is_seen(self, request: Request) -> bool:
        known = self.status.override
        is_in_force = known is not None and known.token == request.token
        return is_in_force or self._is_recorded(request, is_open_too=True)

    def _is_recorded(self, request: Request, *, is_open_too: bool) -> bool:
        return any(
            (entry.verb, entry.token) == (request.verb, request.token)
            and (is_open_too or entry.state != RequestState.IN_PROGRESS)
            for entry in self.status.requests
        )


def build_picture(body: Json) -> Picture:
    """The picture of a custom resource as it was read."""
    metadata = child(body, "metadata")
    status, requests = read_status(body), read_requests(texts(metadata, "annotations"))
    wish = effective_wish(
        read_declared(child(body, "spec")),
        requests,
        str(metadata.get("uid")),
        status.override,
        status.requests,
        _served(child(body, "spec")),
    )
    return Picture(body=body, status=status, requests=requests, wish=wish)


def read_declared(spec: Json) -> Wish:
    """What the spec wants, as the API server's defaults have it."""
    desired = known(DesiredStatus, spec.get("desiredStatus"), DesiredStatus.RUNNING)
    return Wish(desired, spec.get("force") is True)


def is_batch(spec: Json) -> bool:
    """Whether a pipeline's spec is that of a graph of jobs."""
    return "elements" in spec


def _served(spec: Json) -> frozenset[DesiredStatus]:
    if is_batch(spec):
        return frozenset({DesiredStatus.RUNNING, DesiredStatus.CANCELED})
    able = {DesiredStatus.RUNNING, DesiredStatus.STOPPED}
    if "flink" not in spec:
        able.add(DesiredStatus.PAUSED)
    if child(child(spec, "storage"), "sync"):
        able.add(DesiredStatus.STANDBY)
    return frozenset(able)
