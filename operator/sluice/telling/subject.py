"""A custom resource as the API server sent it, and what of it people ask for."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pydantic import ValidationError

from sluice.api import overriding
from sluice.api.constants import CLI_FIELD_MANAGER
from sluice.api.json_values import Json, child, children, texts
from sluice.api.kinds import KINDS, PIPELINE, Kind
from sluice.api.names import runtime_container
from sluice.api.reasons import ConditionType
from sluice.api.requests import read_requests
from sluice.api.status import ConditionStatus, OverrideStatus, PipelineStatus, RequestStatus
from sluice.api.statuses import DesiredStatus, RequestVerb

PASSING_MANAGERS = frozenset(
    {CLI_FIELD_MANAGER, "kubectl-create", "kubectl-edit", "kubectl-patch", "kubectl-replace"}
)
"""They write once and do not come back: what they wrote may be written again. Everybody else declares."""


class UnreadableStatusError(ValueError):
    """A status that another version wrote. The message is a sentence that says what to do."""


class Wish(NamedTuple):
    """A desired status, and whether it is without a checkpoint."""

    desired: str
    force: bool = False


@dataclass(frozen=True)
class Subject:
    """One pipeline, or one deployment, at one moment."""

    body: Json

    @cached_property
    def status(self) -> PipelineStatus:
        """Its status. Raises :class:`UnreadableStatusError` where this version cannot."""
        try:
            return PipelineStatus.model_validate(child(self.body, "status"))
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise UnreadableStatusError(
                f"status.{where} of {self.name} cannot be read by this version of Sluice: update it, or"
                f" look at it with `kubectl get {self.kind.short_name} {self.name} -o yaml`."
            ) from error

    @property
    def kind(self) -> Kind:
        """Which custom resource it is."""
        return KINDS.get(str(self.body.get("kind")), PIPELINE)

    @property
    def name(self) -> str:
        return str(child(self.body, "metadata").get("name", ""))

    @property
    def namespace(self) -> str:
        return str(child(self.body, "metadata").get("namespace", ""))

    @property
    def uid(self) -> str:
        return str(child(self.body, "metadata").get("uid", ""))

    @property
    def generation(self) -> int:
        return int(child(self.body, "metadata").get("generation", 0))

    @property
    def version(self) -> str:
        return str(child(self.body, "metadata").get("resourceVersion", ""))

    @property
    def is_deleting(self) -> bool:
        return bool(child(self.body, "metadata").get("deletionTimestamp"))

    @property
    def annotations(self) -> dict[str, str]:
        return texts(child(self.body, "metadata"), "annotations")

    @property
    def declared(self) -> Wish:
        """What the spec says."""
        spec = child(self.body, "spec")
        return Wish(str(spec.get("desiredStatus", DesiredStatus.RUNNING)), spec.get("force") is True)

    @property
    def runtime_container(self) -> str | None:
        """The container in which the process runs: the one that is named, else the template's first."""
        return runtime_container(child(self.body, "spec"))

    @cached_property
    def override(self) -> OverrideStatus | None:
        """The override that is in force, or will be once the operator sees it, by the operator's own rule."""
        if self.declared.desired not in list(DesiredStatus):
            return None
        declared = overriding.Wish(DesiredStatus(self.declared.desired), self.declared.force)
        status, requests = self.status, read_requests(self.annotations)
        return overriding.effective_wish(
            declared, requests, self.uid, status.override, status.requests, tuple(DesiredStatus)
        ).override

    @property
    def wish(self) -> Wish:
        """What is wanted: by the override in force, or else by the spec."""
        if self.override is None:
            return self.declared
        return Wish(self.override.desired_status, self.override.force)

    @property
    def owner(self) -> str | None:
        """Who declares ``spec.desiredStatus`` and would bring it back; ``None`` when it is free."""
        for entry in children(child(self.body, "metadata"), "managedFields"):
            name = str(entry.get("manager", ""))
            owned = child(child(entry, "fieldsV1"), "f:spec")
            is_once = name in PASSING_MANAGERS and entry.get("operation") != "Apply"
            if "f:desiredStatus" in owned and not is_once:
                return name
        return None

    def outcome(self, verb: RequestVerb, token: str) -> RequestStatus | None:
        """What became of a request; ``None`` while the operator has not seen it."""
        mine = (each for each in self.status.requests if (each.verb, each.token) == (verb, token))
        return next(mine, None)

    def condition(self, kind: ConditionType) -> ConditionStatus | None:
        """The condition of this type, if it is there."""
        return next((each for each in self.status.conditions if each.type == kind), None)
