"""The kinds of custom resources: their names, and what the one lifecycle has to know of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sluice.api.json_values import Json
from sluice.api.statuses import CombinedStatus, RuntimeStatus


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of custom resource, and the names of what belongs to an object of it."""

    name: str
    plural: str
    short_name: str
    pod_part: str
    """Of the names of pods and claims, so that objects of two kinds and one name do not meet."""
    phases: Mapping[str, str] = field(default_factory=dict[str, str])
    """``deploymentStatus`` where it is not the lifecycle's own word."""
    failed: str | None = None
    """``deploymentStatus`` of one that stopped with an error; ``None``: it is Stopped as any other."""
    has_lasting_id: bool = False
    """Its ``deploymentId`` is its uid for good, and each start has a ``runId``. Otherwise each start has a
    ``deploymentId``."""
    revision_salt: bytes = b""
    """Tells the revisions of two kinds apart, where both have the same name and spec."""

    @property
    def noun(self) -> str:
        """What people call an object of it."""
        return self.name.lower()

    def pod_name(self, name: str) -> str:
        """Name of its pod: fixed, so that the API server itself refuses a second one."""
        return f"{name}-{self.pod_part}-0"

    def claim_name(self, name: str, existing_claim: str | None) -> str:
        """Name of its volume claim: the one that the spec names, or the pod's own name."""
        return existing_claim or self.pod_name(name)


PIPELINE: Final = Kind(name="Pipeline", plural="pipelines", short_name="slpl", pod_part="runtime")
DEPLOYMENT: Final = Kind(
    name="Deployment",
    plural="deployments",
    short_name="sldep",
    pod_part="deployment",
    phases={
        CombinedStatus.PROVISIONING: "Pending",
        RuntimeStatus.INITIALIZING: "Pending",
        RuntimeStatus.UNAVAILABLE: "Pending",
        CombinedStatus.COMPLETED: CombinedStatus.STOPPED,
    },
    failed="Failed",
    has_lasting_id=True,
    revision_salt=b"deployment",
)
KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (PIPELINE, DEPLOYMENT)}


def kind_of(body: Json) -> Kind:
    """The kind of a custom resource. Raises ``KeyError`` for one that is none of ours."""
    return KINDS[body["kind"]]
